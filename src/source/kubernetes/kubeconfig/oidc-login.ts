import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { resolve } from "node:path";
import { type Fields, isRecord } from "#src/model/record.ts";
import { wallMs } from "#src/process/clock.ts";
import { failure, LOGIN_FAILED } from "#src/source/kubernetes/api/transport.ts";
import { nonEmptyTextOf, type Section } from "./kubeconfig-context.ts";

/** A token is not used in its last moments. */
const SPARE_MS = 10_000;
/** A server that refuses whatever we show it makes us renew at most this often. */
const RENEW_EVERY_MS = 10_000;
const DEADLINE_MS = 10_000;
const MAX_ANSWER_LENGTH = 1 << 20;

/** The settings of `auth-provider` where its name is `oidc`; undefined where it is another one, or none. */
export function oidcConfigOf(user: Fields): Fields | undefined {
  const provider = user["auth-provider"];
  const config = isRecord(provider) && provider["name"] === "oidc" ? provider["config"] : undefined;
  return isRecord(config) ? config : undefined;
}

/**
 * The id-token of a kubeconfig, renewed by its refresh token (OpenID Connect Core 1.0 section 12) when it is over. The
 * new one is not written back: a provider that takes each refresh token once makes kubectl log in again after that.
 * Our own, because @kubernetes/client-node 2.0.1 fails at it: it hands openid-client a text where that takes a URL.
 */
export class OidcLogin {
  readonly #config: Fields;
  readonly #directory: string;
  #idToken: string | undefined;
  #refreshToken: string | undefined;
  #renewedMs = -Infinity;
  #renewing: Promise<string> | undefined;

  constructor(config: Fields, { directory }: Pick<Section, "directory">) {
    this.#config = config;
    this.#directory = directory;
    this.#idToken = nonEmptyTextOf(config, "id-token");
    this.#refreshToken = nonEmptyTextOf(config, "refresh-token");
  }

  /** The token; `isRefused`: the API server did not take the last one. Rejects with LOGIN_FAILED. */
  async token(isRefused: boolean): Promise<string> {
    const mayRenew = isRefused && this.#refreshToken !== undefined && wallMs() - this.#renewedMs >= RENEW_EVERY_MS;
    if (this.#idToken !== undefined && !mayRenew && wallMs() < endOf(this.#idToken) - SPARE_MS) return this.#idToken;
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew(): Promise<string> {
    this.#renewedMs = wallMs();
    const [issuer, clientId] = [
      nonEmptyTextOf(this.#config, "idp-issuer-url"),
      nonEmptyTextOf(this.#config, "client-id"),
    ];
    if (this.#refreshToken === undefined || issuer === undefined || clientId === undefined)
      throw failure(LOGIN_FAILED, "the id-token is over, and there is no refresh-token to renew it with");
    const found = await this.#ask(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    const endpoint = nonEmptyTextOf(found, "token_endpoint");
    if (endpoint === undefined) throw failure(LOGIN_FAILED, `${issuer} names no token_endpoint`);
    const form = { grant_type: "refresh_token", refresh_token: this.#refreshToken, client_id: clientId };
    const answer = await this.#ask(endpoint, new URLSearchParams(form).toString(), this.#basic(clientId));
    const idToken = nonEmptyTextOf(answer, "id_token");
    if (idToken === undefined) throw failure(LOGIN_FAILED, `${endpoint} gave no id_token`);
    this.#idToken = idToken;
    this.#refreshToken = nonEmptyTextOf(answer, "refresh_token") ?? this.#refreshToken;
    return idToken;
  }

  /** A client with a secret shows it (RFC 6749 section 2.3.1). */
  #basic(clientId: string): Readonly<Record<string, string>> {
    const secret = nonEmptyTextOf(this.#config, "client-secret");
    if (secret === undefined) return {};
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
  }

  /** A JSON object from the provider: by GET, or by POST of a form. */
  async #ask(url: string, form?: string, headers: Readonly<Record<string, string>> = {}): Promise<Fields> {
    try {
      const ca = await this.#authority();
      const { status, text } = await send(new URL(url), { ca, form, headers });
      const value: unknown = status === 200 ? JSON.parse(text) : undefined;
      if (isRecord(value)) return value;
      throw new Error(`it answers ${status} ${text.slice(0, 200)}`);
    } catch (error) {
      throw Object.assign(failure(LOGIN_FAILED, `${url}: ${(error as Error).message}`), { cause: error });
    }
  }

  async #authority(): Promise<Buffer | undefined> {
    const data = nonEmptyTextOf(this.#config, "idp-certificate-authority-data");
    if (data !== undefined) return Buffer.from(data, "base64");
    const path = nonEmptyTextOf(this.#config, "idp-certificate-authority");
    return path === undefined ? undefined : readFile(resolve(this.#directory, path));
  }
}

interface Sending {
  readonly ca: Buffer | undefined;
  readonly form: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

async function send(url: URL, { ca, form, headers }: Sending): Promise<{ status: number; text: string }> {
  const { promise, resolve: done, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const type = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
  const sent = request(url, {
    method: form === undefined ? "GET" : "POST",
    headers: { accept: "application/json", ...type, ...headers },
    signal: AbortSignal.timeout(DEADLINE_MS),
    ...(ca === undefined ? {} : { ca }),
  });
  sent.on("error", reject);
  sent.on("response", (answer) => {
    let text = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MAX_ANSWER_LENGTH) sent.destroy(new Error("the answer is too long"));
    });
    answer.on("error", reject);
    answer.on("end", () => done({ status: answer.statusCode ?? 0, text }));
  });
  sent.end(form);
  return promise;
}

/** When a JSON Web Token ends (RFC 7519 section 4.1.4), in milliseconds since 1970; 0 if it does not say. */
function endOf(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    const exp = isRecord(claims) ? claims["exp"] : undefined;
    return typeof exp === "number" ? exp * 1_000 : 0;
  } catch {
    return 0;
  }
}
