import type { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { type Outcome, errorOfOutcome } from "#src/source/kubernetes/api/outcome.ts";
import { afterPause, pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import { FIELD_MANAGER } from "#src/source/kubernetes/read/read-api-object.ts";
import type { Leadership } from "#src/source/leadership.ts";
import { leaseBody, type LeaseRecord, readLease } from "./lease.ts";
import { leasePath } from "./report-leases.ts";

/** A leader that was not heard of for so long is dead: another may lead. */
const LEASE_MS = 10_000;
/** A leader that could not renew for so long has lost the lead, well before another may take it. */
const RENEW_DEADLINE_MS = 7_000;
/** How often the leader renews, and the others look. */
const RETRY_MS = 2_000;
/** One attempt, its answer included. */
const ATTEMPT_MS = 5_000;

export interface LeaderLeaseOptions {
  readonly client: ApiClient;
  readonly timing: Timing;
  /** Milliseconds that never go back: the clocks of two machines are never compared. */
  readonly monotonicMs: () => number;
  readonly namespace: string;
  /** The Lease's name: of all candidates the same. */
  readonly name: string;
  /** Of this candidate alone. */
  readonly identity: string;
  /** Called at each change. */
  readonly onChange: (leads: boolean) => void;
  /** Called after each attempt; with an error where the API server could not be reached, or refused. */
  readonly onAttempt: (err: NodeJS.ErrnoException | undefined) => void;
}

/**
 * Leader election by a Lease (coordination.k8s.io/v1), with the rules of Kubernetes' own components: a candidate takes
 * a Lease without a holder, or one that did not change for its duration as this machine's clock counts it. Each write
 * holds for the version that was read, so of two candidates one wins.
 */
export class LeaderLease implements Leadership {
  readonly #options: LeaderLeaseOptions;
  readonly #closing = new AbortController();
  readonly #decided = Promise.withResolvers<void>();
  readonly #work: Promise<void>;
  /** The Lease as last seen, and since when it has been so. */
  #seen: { readonly lease: LeaseRecord; readonly sinceMs: number } | undefined;
  /** Held until then; undefined: not held. */
  #heldUntilMs: number | undefined;
  /** Aborts when this leadership ends. */
  #term = new AbortController();

  constructor(options: LeaderLeaseOptions) {
    this.#options = options;
    this.#work = this.#run();
  }

  get leads(): boolean {
    return this.#heldUntilMs !== undefined && this.#options.monotonicMs() < this.#heldUntilMs;
  }

  /** Resolves when the first attempt has ended, whatever came of it; at the latest at the close. */
  get decided(): Promise<void> {
    return this.#decided.promise;
  }

  /** Aborts when the leadership of now ends: what was begun under it must not land later. */
  get signal(): AbortSignal {
    return this.#term.signal;
  }

  /** Gives the Lease back, so that no other candidate has to wait for its end. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
    const lease = this.leads ? this.#seen?.lease : undefined;
    this.#lose();
    if (lease === undefined) return;
    await this.#write("PATCH", { ...lease, holder: "", durationMs: 1_000 }).catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { timing, onAttempt } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const failure = await this.#attempt().then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      // It may have been written all the same.
      if (failure !== undefined && this.#seen !== undefined) {
        this.#seen = { ...this.#seen, lease: { ...this.#seen.lease, isStale: true } };
      }
      if (!signal.aborted) onAttempt(failure);
      this.#decided.resolve();
      await pause(timing, RETRY_MS * (0.8 + 0.4 * timing.chance()), signal);
    }
  }

  /** One look at the Lease, and one write where this candidate holds it or may take it. */
  async #attempt(): Promise<void> {
    const { monotonicMs, identity, timing } = this.#options;
    const startedMs = monotonicMs();
    const lease = await this.#current();
    if (lease !== undefined && lease.holder !== identity && !this.#isFree(lease)) return this.#lose();
    const isOurs = lease?.holder === identity;
    const transitions = lease === undefined ? 0 : lease.transitions + (isOurs ? 0 : 1);
    const acquired = isOurs ? lease.acquired : timing.clock();
    const next = { version: lease?.version, holder: identity, durationMs: LEASE_MS, acquired, transitions };
    const outcome = await this.#write(lease === undefined ? "POST" : "PATCH", next);
    if (outcome.kind === "ok") return this.#hold(startedMs + RENEW_DEADLINE_MS, outcome.body);
    if (outcome.kind !== "conflict" && outcome.kind !== "missing") throw errorOfOutcome("renew lease", outcome);
    // Another candidate wrote: the next attempt sees which.
    this.#seen = undefined;
    if (!isOurs) this.#lose();
  }

  /** The Lease as it is: the leader knows it from its own last write. Undefined: there is none. */
  async #current(): Promise<LeaseRecord | undefined> {
    const known = this.#seen?.lease;
    if (this.leads && known !== undefined && known.isStale !== true) return known;
    const { client } = this.#options;
    const outcome = await client.request({ method: "GET", path: this.#path(), signal: this.#deadline() });
    if (outcome.kind === "missing") return undefined;
    if (outcome.kind !== "ok") throw errorOfOutcome("read lease", outcome);
    return this.#see(outcome.body);
  }

  #see(body: unknown): LeaseRecord {
    const lease = readLease(body);
    const isSame = this.#seen?.lease.version === lease.version;
    this.#seen = { lease, sinceMs: (isSame ? this.#seen?.sinceMs : undefined) ?? this.#options.monotonicMs() };
    return lease;
  }

  #isFree({ holder, durationMs }: LeaseRecord): boolean {
    const sinceMs = this.#seen?.sinceMs ?? Number.POSITIVE_INFINITY;
    return holder === "" || this.#options.monotonicMs() - sinceMs > durationMs;
  }

  async #write(method: "POST" | "PATCH", lease: LeaseRecord): Promise<Outcome> {
    const { client, timing, namespace, name } = this.#options;
    const body = leaseBody(lease, { namespace, name, nowMs: timing.clock() });
    const path = `${method === "POST" ? leasePath(namespace) : this.#path()}?fieldManager=${FIELD_MANAGER}`;
    const contentType = method === "POST" ? undefined : "application/merge-patch+json";
    return client.request({ method, path, body, contentType, signal: this.#deadline() });
  }

  #hold(untilMs: number, body: unknown): void {
    const { onChange, timing, monotonicMs } = this.#options;
    const isNew = !this.leads;
    this.#see(body);
    if (isNew) {
      this.#lose();
      this.#term = new AbortController();
    }
    this.#heldUntilMs = untilMs;
    if (!this.leads) return this.#lose();
    if (isNew) onChange(true);
    const { signal } = this.#term;
    const run = (): void => {
      if (!this.leads) this.#lose();
    };
    void afterPause(timing, Math.ceil(untilMs - monotonicMs()), { signal, run });
  }

  #lose(): void {
    if (this.#heldUntilMs === undefined) return;
    this.#heldUntilMs = undefined;
    this.#term.abort(new Error("this program has lost the lead"));
    this.#options.onChange(false);
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(ATTEMPT_MS);
  }

  #path(): string {
    const { namespace, name } = this.#options;
    return `${leasePath(namespace)}/${encodeURIComponent(name)}`;
  }
}
