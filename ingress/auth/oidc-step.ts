import { claimFields } from "#src/auth/claim-fields.ts";
import { meetsClaimRules } from "#src/auth/meets-claim-rules.ts";
import { authorizationUrl, callbackUrl, originOf } from "#src/auth/oidc/authorization-url.ts";
import { cookieBase } from "#src/auth/oidc/cookie-base.ts";
import { type OidcSecrets, secretsOf } from "#src/auth/oidc/find-oidc-secrets.ts";
import { newSession } from "#src/auth/oidc/new-session.ts";
import { CHANCE_BYTES, newSignIn, pendingCookie, type PendingSignIn } from "#src/auth/oidc/pending-sign-in.ts";
import { withoutCookies } from "#src/auth/oidc/request-cookies.ts";
import { returnTarget } from "#src/auth/oidc/return-target.ts";
import { NONCE_BYTES, type SealKeys } from "#src/auth/oidc/seal-text.ts";
import { type Session, sessionCookies } from "#src/auth/oidc/session.ts";
import { endPending, endSession, setPending, setSession } from "#src/auth/oidc/set-session.ts";
import { ownCookies, queryOf, type SignInRequest, signInStep } from "#src/auth/oidc/sign-in-step.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { AccessRefusal, AccessRequest } from "#ingress/engine/access-control.ts";
import { type AccessGrant, accessGrant } from "#ingress/engine/access-grant.ts";
import { RESPONSE_REASONS } from "#ingress/engine/response-reason.ts";
import { type AccessStep, type KnownBefore, PASSED, type StepDecision, type StepOutcome } from "./access-step.ts";
import type { OidcClients } from "./oidc-clients.ts";
import type { ProviderPages, SignInFailure } from "./oidc-client.ts";
import { OpenedTexts } from "./opened-texts.ts";
import { BUSY, refusal } from "./refusal.ts";

export interface OidcStepOptions {
  readonly clients: Pick<OidcClients, "clientOf">;
  /** So many bytes of chance. */
  readonly chance: (bytes: number) => Buffer;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Is called with why a sign-in has failed. */
  readonly onFailure: (policy: OidcPolicy, failure: SignInFailure) => void;
}

/** What an answer to a request is made of. */
interface Asked {
  readonly auth: OidcPolicy;
  readonly request: SignInRequest;
  readonly keys: SealKeys;
  readonly nowMs: number;
}

const NO_STORE = ["Cache-Control", "no-store"] as const;
/** Of a request that needs no session. */
const NOBODY = { claims: {}, tokens: {} };
const NO_SECRETS: OidcSecrets = { sessionKeys: new Map(), clientSecrets: new Map(), authorities: new Map() };

/** Lets in who has signed in at the provider that a policy names, and sends others there. All that it remembers is in cookies. */
export class OidcStep implements AccessStep {
  readonly #options: OidcStepOptions;
  readonly #opened = new OpenedTexts();
  #secrets: OidcSecrets = NO_SECRETS;

  constructor(options: OidcStepOptions) {
    this.#options = options;
  }

  /** The Secrets of policies from now on. What needs one that is not among them lets none in. */
  useSecrets(secrets: OidcSecrets): void {
    this.#secrets = secrets;
  }

  decide({ oidc: auth }: AuthPolicy, request: AccessRequest, { claims, mayWait }: KnownBefore): StepOutcome {
    if (auth === undefined) return PASSED;
    if (auth.acceptsTokens && claims !== undefined) return { kind: "pass", grant: grantOf(auth, request, NOBODY) };
    const { sessionKeys, clientSecrets, authorities } = secretsOf(auth);
    const keys = this.#secrets.sessionKeys.get(sessionKeys);
    const hasSecret = clientSecrets === undefined || this.#secrets.clientSecrets.has(clientSecrets);
    const hasAuthorities = authorities === undefined || this.#secrets.authorities.has(authorities);
    if (keys === undefined || !hasSecret || !hasAuthorities) return refusal(503, "closed-secret");
    const nowMs = this.#options.wallMs();
    const step = signInStep(auth, request, { unseal: this.#opened.unsealBy(keys), nowMs });
    if (step.kind === "session") return admit(auth, request, step.session);
    if (step.kind === "refuse") return refused(step.reason);
    if (step.kind === "signed-in") return redirect(`${originOf(request)}/`, []);
    const asked = { auth, request: keptOf(request), keys, nowMs };
    if (step.kind === "callback") {
      const url = callbackUrlOf(asked);
      // Of a host that no URL has: the provider sends none back to it.
      if (url === undefined) return refused("sign-in-stale");
      return mayWait ? this.#finish(asked, step.pending, url) : BUSY;
    }
    const pages = this.#options.clients.clientOf(auth, this.#secrets).pages();
    const next = step.kind === "begin" ? this.#begin : this.#signOut;
    if (!(pages instanceof Promise)) return next(asked, pages);
    return mayWait ? later(pages, (found) => next(asked, found)) : BUSY;
  }

  readonly #begin = ({ auth, request, keys, nowMs }: Asked, pages: ProviderPages | SignInFailure): StepDecision => {
    if ("reason" in pages) return this.#fail(auth, pages);
    const { chance } = this.#options;
    const target = returnTarget(request.target, [auth.callbackPath, auth.logoutPath]);
    const cookies = ownCookies(auth, request);
    const pending = newSignIn(auth, { cookies, target, chance: chance(CHANCE_BYTES), nowMs });
    const cookie = pendingCookie(auth, pending, { host: request.host, keys, nonce: chance(NONCE_BYTES) });
    const location = authorizationUrl(auth, { endpoint: pages.authorization, pending, request });
    return redirect(location, [setPending(auth, cookie)]);
  };

  async #finish({ auth, request, keys, nowMs }: Asked, pending: PendingSignIn, url: URL): Promise<StepDecision> {
    const { clients, chance } = this.#options;
    const cookies = ownCookies(auth, request);
    const ended = endPending(auth, pending.state);
    const signedIn = await clients.clientOf(auth, this.#secrets).exchange(url, pending);
    if ("reason" in signedIn) return this.#fail(auth, signedIn, ended);
    const session = newSession(auth, signedIn, this.#options.wallMs());
    if (session === undefined)
      return this.#fail(
        auth,
        { reason: "sign-in-failed", why: "the tokens of the provider have ended already" },
        ended,
      );
    const { host } = request;
    const values = sessionCookies(auth, session, { host, keys, nonce: chance(NONCE_BYTES) });
    if (values === undefined) return refused("session-too-large", ended);
    const lifetimeS = session.untilS - Math.floor(nowMs / 1_000);
    return redirect(originOf(request) + pending.target, [
      ...setSession(auth, values, { host, cookies, lifetimeS }),
      ...ended,
    ]);
  }

  /** Ends the session here, and has the provider end its own where it can. */
  readonly #signOut = ({ auth, request }: Asked, pages: ProviderPages | SignInFailure): StepDecision => {
    const ended = endSession(auth, request.host, ownCookies(auth, request));
    const back = auth.afterLogout === undefined ? undefined : originOf(request) + auth.afterLogout;
    const endPage = "reason" in pages ? undefined : pages.endSession;
    if (endPage === undefined && back === undefined)
      return { kind: "answer", status: 200, cause: { fields: setCookies(ended) } };
    if (endPage === undefined) return redirect(back!, ended);
    const url = new URL(endPage);
    url.searchParams.set("client_id", auth.clientId);
    if (back !== undefined) url.searchParams.set("post_logout_redirect_uri", back);
    return redirect(url.href, ended);
  };

  #fail(auth: OidcPolicy, failure: SignInFailure, cookies: readonly string[] = []): AccessRefusal {
    this.#options.onFailure(auth, failure);
    return refused(failure.reason, cookies);
  }
}

function admit(auth: OidcPolicy, request: AccessRequest, session: Session): StepDecision {
  const { claims } = session;
  if (!meetsClaimRules(claims, auth.claims)) return refused("claims-denied");
  return { kind: "pass", grant: grantOf(auth, request, session), claims };
}

/** The endpoint gets what the policy says of the session, under these names nothing else, and not the cookies with it. */
function grantOf(auth: OidcPolicy, request: AccessRequest, { claims, tokens }: Omit<Session, "untilS">): AccessGrant {
  const rest = withoutCookies(request.valuesOf("cookie"), cookieBase(auth));
  const ofTokens = auth.forwardTokens.flatMap(({ token, header }) => {
    const value = tokens[token];
    if (value === undefined) return [];
    return [[header, header.toLowerCase() === "authorization" ? `Bearer ${value}` : value] as const];
  });
  const fields = [...claimFields(claims, auth.forwardClaims), ...ofTokens];
  const written = [...auth.forwardClaims, ...auth.forwardTokens].map(({ header }) => header);
  return accessGrant({
    fields: rest === "" ? fields : [...fields, ["Cookie", rest]],
    cookies: [],
    removes: ["cookie", ...written],
    alwaysSetsCookie: false,
  });
}

async function later<T>(found: Promise<T>, use: (found: T) => StepDecision): Promise<StepDecision> {
  return use(await found);
}

/** The URL that a browser came back with. */
function callbackUrlOf({ auth, request }: Asked): URL | undefined {
  const url = URL.parse(callbackUrl(auth, request));
  if (url === null) return undefined;
  url.search = queryOf(request).toString();
  return url;
}

/** What is needed after a wait, when the head of the request is gone. */
function keptOf(request: AccessRequest): SignInRequest {
  const { host, hostField, authority, isSecure, method, target, path } = request;
  const cookies = request.valuesOf("cookie");
  return {
    host,
    hostField,
    authority,
    isSecure,
    method,
    target,
    path,
    valuesOf: (name) => (name === "cookie" ? cookies : []),
  };
}

function redirect(location: string, cookies: readonly string[]): AccessRefusal {
  return { kind: "answer", status: 302, cause: { location, fields: setCookies(cookies) } };
}

function refused(reason: OidcReason, cookies: readonly string[] = []): AccessRefusal {
  return refusal(RESPONSE_REASONS[reason].status, reason, setCookies(cookies));
}

type OidcReason =
  | SignInFailure["reason"]
  | "https-required"
  | "sign-in-needed"
  | "sign-in-stale"
  | "session-too-large"
  | "claims-denied";

function setCookies(cookies: readonly string[]): readonly (readonly [name: string, value: string])[] {
  return [NO_STORE, ...cookies.map((value) => ["Set-Cookie", value] as const)];
}
