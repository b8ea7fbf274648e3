import type * as Library from "openid-client";
import type { ClientAuth, Configuration, ServerMetadata } from "openid-client";
import { lacksClaims, type SignedIn } from "#src/auth/oidc/new-session.ts";
import type { PendingSignIn } from "#src/auth/oidc/pending-sign-in.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { type BoundedFetch, NoAnswer } from "./bounded-fetch.ts";

/** Where browsers are sent. */
export interface ProviderPages {
  readonly authorization: string;
  /** Where the provider ends its own session (OpenID Connect RP-Initiated Logout 1.0); undefined: it cannot. */
  readonly endSession: string | undefined;
}

/** Why a sign-in has failed. */
export interface SignInFailure {
  /** `denied`: the provider lets the user not in. */
  readonly reason: "sign-in-denied" | "sign-in-failed" | "provider-unreachable" | "access-busy";
  /** For a log. */
  readonly why: string;
}

export interface OidcClientOptions {
  readonly policy: OidcPolicy;
  readonly clientSecret: string | undefined;
  readonly fetch: BoundedFetch;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
}

/** How long what a provider says of itself counts. The keys that it signs with are asked for whenever a token has another one. */
const KEPT_MS = 3_600_000;
/** How long none waits for a provider that did not answer. */
const FAILED_MS = 5_000;
/** Codes that are shown to one provider at once. */
const MAX_EXCHANGES = 64;
const ANSWER_S = 10;

/** A client of one provider, for one policy. */
export class OidcClient {
  readonly #options: OidcClientOptions;
  #found: { readonly configuration: Configuration; readonly untilMs: number } | undefined;
  #failed: { readonly failure: SignInFailure; readonly untilMs: number } | undefined;
  #asking: Promise<Configuration | SignInFailure> | undefined;
  #exchanges = 0;
  /** Loaded with the first sign-in, not with the program: it is of some MB. */
  #library: typeof Library | undefined;

  constructor(options: OidcClientOptions) {
    this.#options = options;
  }

  /** At once where it is known. Never rejects. */
  pages(): ProviderPages | SignInFailure | Promise<ProviderPages | SignInFailure> {
    const known = this.#known();
    return known instanceof Promise ? known.then(pagesOf) : pagesOf(known);
  }

  /** Shows the provider what a browser brought from it (`url`), and verifies what it says. Never rejects. */
  async exchange(url: URL, pending: PendingSignIn): Promise<SignedIn | SignInFailure> {
    if (this.#exchanges >= MAX_EXCHANGES) return { reason: "access-busy", why: "too many others sign in now" };
    this.#exchanges += 1;
    try {
      const configuration = await this.#known();
      return "reason" in configuration ? configuration : await this.#signIn(configuration, url, pending);
    } catch (error) {
      return failureOf(error);
    } finally {
      this.#exchanges -= 1;
    }
  }

  async #signIn(configuration: Configuration, url: URL, { state, nonce, verifier }: PendingSignIn): Promise<SignedIn> {
    const { authorizationCodeGrant, fetchUserInfo } = (this.#library ??= await import("openid-client"));
    const tokens = await authorizationCodeGrant(configuration, url, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    const claims: Readonly<Record<string, unknown>> = tokens.claims() ?? {};
    const hasMore = configuration.serverMetadata().userinfo_endpoint !== undefined;
    const more =
      hasMore && lacksClaims(this.#options.policy, claims)
        ? await fetchUserInfo(configuration, tokens.access_token, String(claims["sub"]))
        : {};
    // What the ID token says is signed, and goes before.
    return {
      claims: { ...more, ...claims },
      idToken: tokens.id_token ?? "",
      accessToken: tokens.access_token,
      accessForS: tokens.expiresIn(),
    };
  }

  #known(): Configuration | SignInFailure | Promise<Configuration | SignInFailure> {
    const nowMs = this.#options.clockMs();
    if (this.#found !== undefined) {
      // What was said last counts until there is another answer.
      if (nowMs >= this.#found.untilMs && !this.#hasFailed(nowMs)) void this.#ask();
      return this.#found.configuration;
    }
    return this.#hasFailed(nowMs) ? this.#failed!.failure : this.#ask();
  }

  #hasFailed(nowMs: number): boolean {
    return this.#failed !== undefined && nowMs < this.#failed.untilMs;
  }

  #ask(): Promise<Configuration | SignInFailure> {
    this.#asking ??= this.#find();
    return this.#asking;
  }

  async #find(): Promise<Configuration | SignInFailure> {
    const { clockMs } = this.#options;
    try {
      const configuration = await this.#configuration();
      this.#found = { configuration, untilMs: clockMs() + KEPT_MS };
      return configuration;
    } catch (error) {
      const { why } = failureOf(error);
      const failure: SignInFailure = { reason: "provider-unreachable", why };
      this.#failed = { failure, untilMs: clockMs() + FAILED_MS };
      return failure;
    } finally {
      this.#asking = undefined;
    }
  }

  async #configuration(): Promise<Configuration> {
    const { policy, fetch } = this.#options;
    const { issuer, clientId, endpoints } = policy;
    this.#library ??= await import("openid-client");
    const library = this.#library;
    const { discovery, enableNonRepudiationChecks } = library;
    const auth = this.#auth(library);
    const execute = [enableNonRepudiationChecks];
    if (endpoints === undefined)
      return discovery(new URL(issuer), clientId, undefined, auth, {
        execute,
        timeout: ANSWER_S,
        [library.customFetch]: fetch,
      });
    const configuration = new library.Configuration(
      {
        issuer,
        authorization_endpoint: endpoints.authorization,
        token_endpoint: endpoints.token,
        jwks_uri: endpoints.jwks,
        ...(endpoints.userinfo !== undefined && { userinfo_endpoint: endpoints.userinfo }),
        ...(endpoints.endSession !== undefined && { end_session_endpoint: endpoints.endSession }),
      },
      clientId,
      undefined,
      auth,
    );
    configuration[library.customFetch] = fetch;
    configuration.timeout = ANSWER_S;
    enableNonRepudiationChecks(configuration);
    return configuration;
  }

  /** How the client shows its secret: as the policy says, else as the provider takes it, else in Authorization (RFC 6749 section 2.3.1). */
  #auth({ ClientSecretBasic, ClientSecretPost, None }: typeof Library): ClientAuth {
    const { policy, clientSecret } = this.#options;
    if (clientSecret === undefined) return None();
    const [basic, post] = [ClientSecretBasic(clientSecret), ClientSecretPost(clientSecret)];
    return (server, client, body, headers) => {
      const taken = server.token_endpoint_auth_methods_supported;
      const takesPost = taken?.includes("client_secret_post") === true && !taken.includes("client_secret_basic");
      const auth = (policy.clientAuth ?? (takesPost ? "post" : "basic")) === "post" ? post : basic;
      return auth(server, client, body, headers);
    };
  }
}

function pagesOf(known: Configuration | SignInFailure): ProviderPages | SignInFailure {
  if ("reason" in known) return known;
  const server: Readonly<ServerMetadata> = known.serverMetadata();
  const { authorization_endpoint: authorization = "", end_session_endpoint: endSession } = server;
  if (!isPage(authorization)) return { reason: "sign-in-failed", why: "the provider names no page for sign-in" };
  return { authorization, endSession: endSession !== undefined && isPage(endSession) ? endSession : undefined };
}

/** Letters of a page of a provider: it goes into the head of each answer that sends a browser there. */
const MAX_PAGE_LETTERS = 2_048;

function isPage(url: string): boolean {
  return url.length <= MAX_PAGE_LETTERS && URL.parse(url)?.protocol === "https:";
}

function failureOf(error: unknown): SignInFailure {
  const why = whyOf(error);
  if (error instanceof NoAnswer) return { reason: "provider-unreachable", why };
  const { code, error: word } = (error ?? {}) as { readonly code?: unknown; readonly error?: unknown };
  if (code === "OAUTH_AUTHORIZATION_RESPONSE_ERROR" && word === "access_denied")
    return { reason: "sign-in-denied", why };
  return { reason: code === "OAUTH_TIMEOUT" ? "provider-unreachable" : "sign-in-failed", why };
}

const MAX_WHY = 300;

/** What the error says, and what it is due to. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, MAX_WHY);
  const { error: word, error_description: description } = error as {
    readonly error?: unknown;
    readonly error_description?: unknown;
  };
  const inner = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  const said = [word, description].filter((one) => typeof one === "string").join(", ");
  return `${error.message}${inner}${said === "" ? "" : ` (${said})`}`.slice(0, MAX_WHY);
}
