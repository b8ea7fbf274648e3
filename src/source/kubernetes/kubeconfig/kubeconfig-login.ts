import type { Agent } from "node:http";
import type { RequestOptions } from "node:https";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { type Fields, isRecord } from "#src/model/record.ts";
import { wallMs } from "#src/process/clock.ts";
import { failure, LOGIN_FAILED } from "#src/source/kubernetes/api/transport.ts";
import { type KubeconfigContext, nonEmptyTextOf, type Section } from "./kubeconfig-context.ts";

const PACKAGE = "@kubernetes/client-node";
/** A server that refuses every login makes us log in again at most this often. */
const RENEW_EVERY_MS = 10_000;
/** A provider that waits for a person must not hold everything up silently. */
const LOGIN_DEADLINE_MS = 25_000;

/** Whether the package that logs in is installed; does not load it. */
export function isLoginPossible(): boolean {
  try {
    createRequire(import.meta.url).resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
}

/**
 * Logs in as a kubeconfig says that names an old provider (`auth-provider`) or a proxy of SOCKS. By @kubernetes/client-node, which is
 * loaded here and nowhere else, and not before it is needed: it takes 88 MB.
 */
export class KubeconfigLogin {
  /** Whether token and certificate come from here, and not from the kubeconfig itself. */
  readonly givesCredentials: boolean;
  readonly #text: string;
  #config: Promise<KubeConfig> | undefined;
  #renewedMs = -Infinity;
  #asking: Promise<RequestOptions> | undefined;

  constructor({ cluster, user }: KubeconfigContext) {
    // A program that logs in is run by ExecLogin.
    const { exec: _exec, ...fields } = user.fields;
    this.givesCredentials = user.fields["auth-provider"] !== undefined;
    this.#text = JSON.stringify({
      "current-context": "context",
      contexts: [{ name: "context", context: { cluster: "cluster", user: "user" } }],
      clusters: [{ name: "cluster", cluster: withPaths(cluster, ["certificate-authority"]) }],
      users: [{ name: "user", user: withPaths({ ...user, fields }, ["client-certificate", "client-key"]) }],
    });
  }

  /** The token, if there is one. */
  async token(isRefused: boolean): Promise<string | undefined> {
    if (isRefused) this.#renew();
    const { headers } = await this.#ask();
    const header: unknown = isRecord(headers) ? headers["Authorization"] : undefined;
    return typeof header === "string" ? header.replace(/^Bearer /, "") : undefined;
  }

  /** Makes connections through the proxy. */
  async agent(): Promise<Agent> {
    const { agent } = await this.#ask();
    if (typeof agent !== "object") throw failure(LOGIN_FAILED, "there is no way through the proxy");
    return Object.assign(agent, { keepAlive: true });
  }

  #renew(): void {
    if (wallMs() - this.#renewedMs < RENEW_EVERY_MS) return;
    this.#renewedMs = wallMs();
    this.#config = undefined;
  }

  /** One at a time: many requests must not run the program many times. */
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
      throw Object.assign(failure(LOGIN_FAILED, firstLine(error)), { cause: error });
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

/** Paths of files made absolute. */
function withPaths({ fields, directory }: Section, names: readonly string[]): Fields {
  const paths = names.flatMap((name) => {
    const path = nonEmptyTextOf(fields, name);
    return path === undefined || isAbsolute(path) ? [] : [[name, join(directory, path)] as const];
  });
  return { ...fields, ...Object.fromEntries(paths) };
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

/** What a program said last on its standard error is the error's message. */
function firstLine(error: unknown): string {
  const { message } = error as Error;
  return message.trim().split("\n", 1)[0] || "it failed without a word";
}
