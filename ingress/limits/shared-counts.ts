import type { BucketUse, RequestBuckets } from "#src/filters/keyed-buckets.ts";
import { type BackOff, doubledMs, spreadMs } from "#src/process/back-off.ts";
import type { LimitStore, OpenLimitStore } from "./limit-store.ts";

export interface SharedCountsOptions {
  /** Undefined: the program has no store, and counts alone. */
  readonly open: OpenLimitStore | undefined;
  /** What this replica counts. */
  readonly buckets: RequestBuckets;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
  /** How long a request waits for the store. */
  readonly timeoutMs: number;
  /** From 0 to below 1. */
  readonly chance: () => number;
  /** The store counts from now on; or, with why, this replica alone. Called when the one or the other is known, and when it changes. */
  readonly onChange: (why: string | undefined) => void;
}

/** Who decides about a request with shared limits. */
export const LIMIT_COUNTERS = ["store", "replica"] as const;
type LimitCounter = (typeof LIMIT_COUNTERS)[number];

/** Requests that the store has not answered, those included that do not wait any longer. More are counted by this replica alone. */
const MAX_ASKED = 256;
/** So many requests in a row that the store did not answer in time, and it is not asked any longer. */
const MAX_FAILURES = 3;
/** When it is tried again. */
const RETRY: BackOff = { firstMs: 250, longestMs: 5_000 };

/**
 * Counts requests with all replicas in a store, and alone while that is away: no request fails because of the store, none waits
 * for it longer than the time-out, and none waits at all while it is known to be away. What was let in is counted here, too: when the
 * store goes, this replica knows what it has let in itself; and a client that is beyond its limit here is so in the store.
 */
export class SharedCounts {
  readonly #options: SharedCountsOptions;
  #store: LimitStore | undefined;
  #asked = 0;
  #failures = 0;
  /** Since the store last answered. */
  #openings = 0;
  /** The last `onChange`: why this replica counts alone; "": it does not. */
  #told: string | undefined;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  /** Requests that the store has decided, and those with a shared limit that this replica has decided alone. */
  readonly counts: Record<LimitCounter, number> = { store: 0, replica: 0 };

  constructor(options: SharedCountsOptions) {
    this.#options = options;
    if (options.open !== undefined) void this.#open(options.open);
  }

  /** Whether there is a store to count in. */
  get isNamed(): boolean {
    return this.#options.open !== undefined;
  }

  /** Whether the store counts now. */
  get isShared(): boolean {
    return this.#store !== undefined;
  }

  /** Milliseconds until a request would be within all limits; 0: it is, and it was counted. Never rejects. */
  admit(namespace: string, uses: readonly BucketUse[], mayWait: boolean): number | Promise<number> {
    const { buckets, clockMs, timeoutMs } = this.#options;
    const store = this.#store;
    const nowMs = clockMs();
    if (store === undefined || !mayWait || this.#asked >= MAX_ASKED) return this.#admitAlone(namespace, uses, nowMs);
    // Requests are counted here when they are asked about, and in the store up to a time-out later.
    const wait = buckets.waitMs(namespace, uses, nowMs + timeoutMs);
    if (wait === 0) return this.#ask(store, namespace, uses);
    this.counts.store += 1;
    return wait + timeoutMs;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#store?.close();
    this.#store = undefined;
  }

  #admitAlone(namespace: string, uses: readonly BucketUse[], nowMs: number): number {
    this.counts.replica += 1;
    return this.#options.buckets.admit(namespace, uses, nowMs);
  }

  async #ask(store: LimitStore, namespace: string, uses: readonly BucketUse[]): Promise<number> {
    const { buckets, clockMs } = this.#options;
    const askedMs = clockMs();
    const answer = await this.#answerInTime(store, uses);
    if (typeof answer === "number") {
      if (store === this.#store) this.#failures = 0;
      this.#openings = 0;
      this.counts.store += 1;
      if (answer === 0) buckets.count(namespace, uses, askedMs);
      return answer;
    }
    if (store === this.#store) {
      this.#failures += 1;
      if (this.#failures >= MAX_FAILURES) this.#lose(store, answer);
    }
    return this.#admitAlone(namespace, uses, clockMs());
  }

  /** What the store says; or, as a text, why it says nothing. */
  async #answerInTime(store: LimitStore, uses: readonly BucketUse[]): Promise<number | string> {
    const { timeoutMs } = this.#options;
    const late = Promise.withResolvers<string>();
    // Answers that have come are read before it is said that they came too late: this program may have been busy.
    const why = `it did not answer within ${timeoutMs} ms`;
    const timer = setTimeout(() => setImmediate(() => late.resolve(why)), timeoutMs);
    try {
      return await Promise.race([this.#answerOf(store, uses), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #answerOf(store: LimitStore, uses: readonly BucketUse[]): Promise<number | string> {
    this.#asked += 1;
    try {
      return await store.ask(uses);
    } catch (error) {
      return (error as Error).message;
    } finally {
      this.#asked -= 1;
    }
  }

  /** Does not ask the store any longer, and opens another connection to it after a while. */
  #lose(store: LimitStore, why: string): void {
    if (store !== this.#store) return;
    this.#store = undefined;
    store.close();
    this.#tell(why);
    this.#retry();
  }

  #tell(why: string | undefined): void {
    if (this.#isClosed || this.#told === (why ?? "")) return;
    this.#told = why ?? "";
    this.#options.onChange(why);
  }

  #retry(): void {
    const { open, chance } = this.#options;
    if (this.#isClosed || open === undefined) return;
    const ms = spreadMs(doubledMs(RETRY, this.#openings), chance());
    this.#openings += 1;
    this.#timer = setTimeout(() => void this.#open(open), ms);
  }

  async #open(open: OpenLimitStore): Promise<void> {
    let opened: LimitStore | undefined;
    try {
      const store = await open((why) => opened && this.#lose(opened, why.message));
      opened = store;
      if (this.#isClosed) return store.close();
      this.#failures = 0;
      this.#store = store;
      this.#tell(undefined);
    } catch (error) {
      this.#tell((error as Error).message);
      this.#retry();
    }
  }
}
