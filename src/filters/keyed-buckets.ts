import { forgottenAtMs, type LeakyBucket, pour, type RateLimit, waitMs } from "./leaky-bucket.ts";

/** Buckets that are remembered, of all namespaces together: some 25 MB. */
const MAX_BUCKETS = 131_072;
/** Buckets of one namespace that are looked at in one call of `forgetOld`. */
const LOOKED_AT_ONCE = 2_000;

/** A limit, and the requests that it counts together. */
export interface BucketUse {
  /** Of limit and key: a digest, because clients make keys as long as they like. */
  readonly bucket: string;
  readonly limit: RateLimit;
}

interface KeptBucket extends LeakyBucket {
  /** It says nothing from then on. */
  readonly untilMs: number;
}

/** The buckets of the policies of one namespace. */
interface Owner {
  /** The longest unused first. */
  readonly buckets: Map<string, KeptBucket>;
  /** Where `forgetOld` goes on; undefined: at the beginning. */
  look: Iterator<[string, KeptBucket]> | undefined;
}

/** What counts requests for limits with keys: one thread for itself, or several together. */
export type RequestBuckets = Pick<KeyedBuckets, "admit" | "waitMs" | "count" | "forgetOld">;

/**
 * What was asked for, for limits with keys. Memory is bounded: beyond, the namespace with the most buckets forgets the one that
 * has been unused for the longest, so that no namespace pays for the clients of another.
 */
export class KeyedBuckets {
  readonly #owners = new Map<string, Owner>();
  readonly #maxBuckets: number;
  #size = 0;
  /** The owner with the most buckets, or one that had. */
  #largest: Owner | undefined;

  constructor(maxBuckets: number = MAX_BUCKETS) {
    this.#maxBuckets = maxBuckets;
  }

  /** Buckets that are remembered. */
  get size(): number {
    return this.#size;
  }

  /**
   * Milliseconds until a request would be within all limits; 0: it is, and it was counted for all of them. One that is not counts
   * for none.
   */
  admit(namespace: string, uses: readonly BucketUse[], nowMs: number): number {
    const wait = this.waitMs(namespace, uses, nowMs);
    if (wait === 0) this.count(namespace, uses, nowMs);
    return wait;
  }

  /** Milliseconds until a request would be within all limits; it is not counted. */
  waitMs(namespace: string, uses: readonly BucketUse[], nowMs: number): number {
    const buckets = this.#owners.get(namespace)?.buckets;
    let wait = 0;
    for (const { bucket, limit } of uses) wait = Math.max(wait, waitMs(buckets?.get(bucket), limit, Math.floor(nowMs)));
    return wait;
  }

  /** Counts a request that was let in. A bucket that is full stays so. */
  count(namespace: string, uses: readonly BucketUse[], nowMs: number): void {
    const owner = this.#owner(namespace);
    for (const { bucket, limit } of uses) {
      const before = owner.buckets.get(bucket);
      const after = pour(before, limit, Math.floor(nowMs));
      if (after === undefined) continue;
      if (before === undefined) this.#makeRoom(owner);
      else owner.buckets.delete(bucket);
      owner.buckets.set(bucket, { ...after, untilMs: forgottenAtMs(after, limit) });
      if (owner.buckets.size >= (this.#largest?.buckets.size ?? 0)) this.#largest = owner;
    }
  }

  /** Forgets buckets that say nothing any longer, some at a time. To be called now and then. */
  forgetOld(nowMs: number): void {
    for (const [namespace, owner] of this.#owners) {
      owner.look ??= owner.buckets.entries();
      for (let count = 0; count < LOOKED_AT_ONCE; count++) {
        const next = owner.look.next();
        if (next.done === true) {
          owner.look = undefined;
          break;
        }
        const [key, { untilMs }] = next.value;
        if (untilMs <= nowMs && owner.buckets.delete(key)) this.#size -= 1;
      }
      if (owner.buckets.size === 0) this.#owners.delete(namespace);
    }
  }

  #owner(namespace: string): Owner {
    const known = this.#owners.get(namespace);
    if (known !== undefined) return known;
    const owner: Owner = { buckets: new Map(), look: undefined };
    this.#owners.set(namespace, owner);
    return owner;
  }

  /** For one more bucket of an owner. */
  #makeRoom(owner: Owner): void {
    if (this.#size < this.#maxBuckets) {
      this.#size += 1;
      return;
    }
    const { buckets } = this.#largestOwner() ?? owner;
    const [oldest] = buckets.keys();
    buckets.delete(oldest!);
  }

  #largestOwner(): Owner | undefined {
    let largest = this.#largest;
    if (largest !== undefined && largest.buckets.size > 0) return largest;
    for (const owner of this.#owners.values()) if (owner.buckets.size > (largest?.buckets.size ?? 0)) largest = owner;
    return largest;
  }
}
