import { hash } from "node:crypto";
import { isRecord } from "#src/model/record.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import type { Logger } from "#src/process/log.ts";
import type { ScrapeVerdict } from "#src/process/metrics-server.ts";
import type { ApiClient } from "./kubernetes/api/client.ts";
import { errorOfOutcome } from "./kubernetes/api/outcome.ts";

/** So long an answer counts: a token or a right that is taken away stops working after that. */
const ALLOWED_MS = 60_000;
/** Shorter, so that a right that was just given works soon. */
const REFUSED_MS = 10_000;
/** Tokens that are remembered; the oldest is forgotten for a new one. */
const MAX_REMEMBERED = 256;
/** Tokens that are asked about at once: what a stranger who shows many can cost the API server. */
const MAX_ASKED = 4;
/** A token is no longer; Kubernetes' own have about 1,000 characters. */
const MAX_TOKEN_LENGTH = 8_192;
/** A scrape waits for its answer, by default 10 seconds in all. */
const DEADLINE_MS = 5_000;

export interface ScrapeAccessOptions {
  readonly client: Pick<ApiClient, "request">;
  readonly log: Logger;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
}

/**
 * Asks the API server whether who shows a token may `get` the nonResourceURL /metrics: TokenReview (authentication.k8s.io/v1),
 * then SubjectAccessReview (authorization.k8s.io/v1). What it cannot find out is not allowed.
 */
export class ScrapeAccess {
  readonly #options: ScrapeAccessOptions;
  /** By digest of the token, the oldest first: tokens themselves are not kept. */
  readonly #known = new Map<string, { readonly verdict: ScrapeVerdict; readonly untilMs: number }>();
  readonly #asked = new Map<string, Promise<ScrapeVerdict>>();
  readonly #told = new ToldOnce();

  constructor(options: ScrapeAccessOptions) {
    this.#options = options;
  }

  /** How many tokens are remembered. */
  get size(): number {
    return this.#known.size;
  }

  async judge(token: string): Promise<ScrapeVerdict> {
    if (token === "" || token.length > MAX_TOKEN_LENGTH) return "unauthenticated";
    const key = hash("sha256", token, "base64");
    const known = this.#known.get(key);
    if (known !== undefined && known.untilMs > this.#options.monotonicMs()) return known.verdict;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    if (this.#asked.size >= MAX_ASKED) return "unknown";
    const asking = this.#ask(token)
      .then((verdict) => this.#remember(key, verdict))
      .finally(() => this.#asked.delete(key));
    this.#asked.set(key, asking);
    return asking;
  }

  #remember(key: string, verdict: ScrapeVerdict): ScrapeVerdict {
    this.#known.delete(key);
    if (verdict === "unknown") return verdict;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MAX_REMEMBERED) this.#known.delete(oldest);
    const lastsMs = verdict === "allowed" ? ALLOWED_MS : REFUSED_MS;
    this.#known.set(key, { verdict, untilMs: this.#options.monotonicMs() + lastsMs });
    return verdict;
  }

  async #ask(token: string): Promise<ScrapeVerdict> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const user = await this.#userOf(token, signal);
      const verdict =
        user === undefined ? "unauthenticated" : (await this.#mayRead(user, signal)) ? "allowed" : "forbidden";
      this.#told.isNews("failure", []);
      return verdict;
    } catch (err) {
      const { log } = this.#options;
      if (this.#told.isNews("failure", [(err as Error).message]))
        log.warn({ err }, "cannot find out who may read the metrics, no client gets them");
      return "unknown";
    }
  }

  async #userOf(token: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { authenticated, user } = await this.#review(
      "authentication.k8s.io/v1",
      { kind: "TokenReview", plural: "tokenreviews", spec: { token } },
      signal,
    );
    return authenticated === true && isRecord(user) ? user : undefined;
  }

  async #mayRead(user: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<boolean> {
    const { username, uid, groups, extra } = user;
    const spec = { user: username, uid, groups, extra, nonResourceAttributes: { path: "/metrics", verb: "get" } };
    const { allowed } = await this.#review(
      "authorization.k8s.io/v1",
      { kind: "SubjectAccessReview", plural: "subjectaccessreviews", spec },
      signal,
    );
    return allowed === true;
  }

  /** The status of a review; rejects where the API server does not answer, or does not let us ask. */
  async #review(
    apiVersion: string,
    { kind, plural, spec }: { readonly kind: string; readonly plural: string; readonly spec: object },
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const outcome = await this.#options.client.request({
      method: "POST",
      path: `/apis/${apiVersion}/${plural}`,
      body: { apiVersion, kind, spec },
      signal,
    });
    if (outcome.kind !== "ok") throw errorOfOutcome(`create ${plural}`, outcome);
    const status = isRecord(outcome.body) ? outcome.body["status"] : undefined;
    if (!isRecord(status)) throw new Error(`create ${plural}: the answer has no status`);
    return status;
  }
}
