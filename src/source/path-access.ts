import { hash } from "node:crypto";
import { RecentMap } from "#src/collections/recent-map.ts";
import type { AccessVerdict } from "#src/model/access-verdict.ts";
import { isRecord } from "#src/model/record.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import type { Logger } from "#src/process/log.ts";
import type { ApiClient } from "./kubernetes/api/client.ts";
import { AskBudget } from "./ask-budget.ts";
import { errorOfOutcome } from "./kubernetes/api/outcome.ts";

/** So long an answer counts: a token or a right that is taken away stops working after that. */
const ALLOWED_MS = 60_000;
/** Shorter, so that a right that was just given works soon. */
const REFUSED_MS = 10_000;
/** Tokens that may not read, which are remembered; the oldest is forgotten for a new one. */
const MAX_REFUSED = 256;
/** Tokens that may read, and addresses from which such a one came: more than all Prometheus of a cluster, or all who watch a page, have. */
const MAX_ALLOWED = 64;
/** A token is no longer; Kubernetes' own have about 1,000 characters. */
const MAX_TOKEN_LENGTH = 8_192;
/** The client waits for its answer; a scrape by default 10 seconds in all. */
const DEADLINE_MS = 5_000;

export interface PathAccessOptions {
  readonly client: Pick<ApiClient, "request">;
  /** The nonResourceURL of which a user needs `get`: `/metrics`. */
  readonly path: string;
  /** What is protected, for the log: `the metrics`. */
  readonly what: string;
  readonly log: Logger;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
}

/**
 * Asks the API server whether who shows a token may `get` a nonResourceURL: TokenReview (authentication.k8s.io/v1), then
 * SubjectAccessReview (authorization.k8s.io/v1). What it cannot find out is not allowed.
 */
export class PathAccess {
  readonly #options: PathAccessOptions;
  /** Until when, by digest of the token: tokens themselves are not kept. One that is over stays, and is asked about first. */
  readonly #allowed = new RecentMap<number>(MAX_ALLOWED);
  /** Apart from those: a stranger who shows many tokens has only strangers forgotten. */
  readonly #refused = new RecentMap<{ readonly verdict: AccessVerdict; readonly untilMs: number }>(MAX_REFUSED);
  /** Addresses of clients whose token was allowed: Kubernetes renews a token every hour, and it is an unknown one then. */
  readonly #readers = new RecentMap<true>(MAX_ALLOWED);
  readonly #asked = new Map<string, Promise<AccessVerdict>>();
  readonly #forReaders: AskBudget;
  readonly #forStrangers: AskBudget;
  readonly #told = new ToldOnce();

  constructor(options: PathAccessOptions) {
    this.#options = options;
    this.#forReaders = new AskBudget(options.monotonicMs);
    this.#forStrangers = new AskBudget(options.monotonicMs);
  }

  /** How many tokens and addresses are remembered. */
  get size(): number {
    return this.#allowed.size + this.#refused.size + this.#readers.size;
  }

  /** `from`: the address of the client. */
  async judge(token: string, from: string): Promise<AccessVerdict> {
    if (token === "" || token.length > MAX_TOKEN_LENGTH) return "unauthenticated";
    const key = hash("sha256", token, "base64");
    const known = this.#knownOf(key);
    if (known !== undefined) return known;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const wasAllowed = this.#allowed.get(key) !== undefined;
    const isReader = wasAllowed || this.#readers.get(from) !== undefined;
    const budget = isReader ? this.#forReaders : this.#forStrangers;
    if (!budget.begin(!wasAllowed)) return "unknown";
    const asking = this.#ask(token)
      .then((verdict) => this.#remember(key, from, verdict))
      .finally(() => {
        this.#asked.delete(key);
        budget.end();
      });
    this.#asked.set(key, asking);
    return asking;
  }

  #knownOf(key: string): AccessVerdict | undefined {
    const nowMs = this.#options.monotonicMs();
    if ((this.#allowed.get(key) ?? 0) > nowMs) return "allowed";
    const refused = this.#refused.get(key);
    return refused !== undefined && refused.untilMs > nowMs ? refused.verdict : undefined;
  }

  #remember(key: string, from: string, verdict: AccessVerdict): AccessVerdict {
    const nowMs = this.#options.monotonicMs();
    if (verdict === "unknown") return verdict;
    if (verdict === "allowed") {
      this.#refused.delete(key);
      this.#allowed.set(key, nowMs + ALLOWED_MS);
      this.#readers.set(from, true);
    } else {
      this.#allowed.delete(key);
      this.#refused.set(key, { verdict, untilMs: nowMs + REFUSED_MS });
    }
    return verdict;
  }

  async #ask(token: string): Promise<AccessVerdict> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const user = await this.#userOf(token, signal);
      const verdict =
        user === undefined ? "unauthenticated" : (await this.#mayRead(user, signal)) ? "allowed" : "forbidden";
      this.#told.isNews("failure", []);
      return verdict;
    } catch (err) {
      const { log, what } = this.#options;
      if (this.#told.isNews("failure", [(err as Error).message]))
        log.warn({ err }, `cannot find out who may read ${what}: no client may until then`);
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
    const spec = {
      user: username,
      uid,
      groups,
      extra,
      nonResourceAttributes: { path: this.#options.path, verb: "get" },
    };
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
