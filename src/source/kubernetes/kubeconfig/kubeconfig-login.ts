import type { Agent } from "node:http";
import type { RequestOptions } from "node:https";
import { createRequire } from "node:module";
import type { KubeConfig } from "@kubernetes/client-node";
import { type Fields, isRecord } from "#src/model/record.ts";
import { wallMs } from "#src/process/clock.ts";
import type { TlsMaterial } from "#src/source/kubernetes/api/api-config.ts";
import { failure, LOGIN_FAILED } from "#src/source/kubernetes/api/transport.ts";
import type { KubeconfigContext } from "./kubeconfig-context.ts";
import { loginFailure } from "./login-failure.ts";
import { oidcConfigOf } from "./oidc-login.ts";

const PACKAGE = "@kubernetes/client-node";
/** A server that refuses every login makes us log in again at most this often. */
const RENEW_EVERY_MS = 10_000;
/** A provider that waits for a person must not hold everything up silently. */
const LOGIN_DEADLINE_MS = 25_000;
/** What it does not get: files that connections are made with are read by us (TlsMaterial), and a program is run by ExecLogin. */
const OURS: readonly string[] = ["certificate-authority", "client-certificate", "client-key", "exec"];

/** Whether the package that logs in is installed; does not load it. */
export function isLoginPossible(): boolean {
  try {
    createRequire(import.meta.url).resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
}

/** Whether a user logs in by a provider that the package alone knows. */
export function hasOldProvider(user: Fields): boolean {
  return user["auth-provider"] !== undefined && oidcConfigOf(user) === undefined;
}

/**
 * Logs in as a kubeconfig says that names an old provider (`auth-provider`) or a proxy of SOCKS. By @kubernetes/client-node, which is
 * loaded here and nowhere else, and not before it is needed: it takes 88 MB.
 */
export class KubeconfigLogin {
  readonly #text: string;
  #config: Promise<KubeConfig> | undefined;
  #renewedMs = -Infinity;
  #asking: Promise<RequestOptions> | undefined;

  constructor({ cluster, user }: KubeconfigContext) {
    this.#text = JSON.stringify({
      "current-context": "context",
      contexts: [{ name: "context", context: { cluster: "cluster", user: "user" } }],
      clusters: [{ name: "cluster", cluster: withoutOurs(cluster.fields) }],
      users: [{ name: "user", user: hasOldProvider(user.fields) ? withoutOurs(user.fields) : {} }],
    });
  }

  /** The token, if there is one. */
  async token(isRefused: boolean): Promise<string | undefined> {
    if (isRefused) this.#renew();
    const { headers } = await this.#ask();
    const header: unknown = isRecord(headers) ? headers["Authorization"] : undefined;
    return typeof header === "string" ? header.replace(/^Bearer /, "") : undefined;
  }

  /** Makes connections through the proxy, with this material. */
  async agent(tls: TlsMaterial): Promise<Agent> {
    const { agent } = await this.#ask();
    if (typeof agent !== "object") throw failure(LOGIN_FAILED, "there is no way through the proxy");
    // What each of its connections is made with.
    const { options } = agent as Agent & { readonly options: object };
    Object.assign(options, tls);
    return Object.assign(agent, { keepAlive: true });
  }

  #renew(): void {
    if (wallMs() - this.#renewedMs < RENEW_EVERY_MS) return;
    this.#renewedMs = wallMs();
    this.#config = undefined;
  }

  /** One at a time: many requests must not ask the provider many times. */
  async #ask(): Promise<RequestOptions> {
    this.#asking ??= this.#askOnce().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #askOnce(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      this.#config ??= load(this.#text);
      await inTime((await this.#config).applyToHTTPSOptions(options));
      return options;
    } catch (error) {
      this.#config = undefined;
      throw loginFailure(error);
    }
  }
}

async function load(text: string): Promise<KubeConfig> {
  // oxlint-disable-next-line no-restricted-imports -- the one place where it is loaded, and not before it is needed
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromString(text);
  return config;
}

function withoutOurs(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !OURS.includes(name)));
}

async function inTime(work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const text = `no end within ${LOGIN_DEADLINE_MS / 1_000} s; does it wait for a person?`;
  const timer = setTimeout(() => late.reject(new Error(text)), LOGIN_DEADLINE_MS);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
