import { isDry, type LeakyBucket, pour, type RateLimit } from "./leaky-bucket.ts";

/** How many requests one client may make; undefined: any number. */
export interface RateLimits {
  readonly perSecond: RateLimit | undefined;
  readonly perMinute: RateLimit | undefined;
}

/** The buckets of one client. */
interface ClientBuckets {
  readonly perSecond: LeakyBucket | undefined;
  readonly perMinute: LeakyBucket | undefined;
}

/** What the clients of one zone have asked for: a bucket of each client and limit. */
export class RateZone {
  /** By client, the longest unused first. */
  readonly #clients = new Map<string, ClientBuckets>();

  get size(): number {
    return this.#clients.size;
  }

  has(client: string): boolean {
    return this.#clients.has(client);
  }

  /** Whether a request of a client is within all limits; one that is not counts for none. `nowMs` is whole. */
  admit(client: string, { perSecond, perMinute }: RateLimits, nowMs: number): boolean {
    const before = this.#clients.get(client);
    const second = perSecond && pour(before?.perSecond, perSecond, nowMs);
    const minute = perMinute && pour(before?.perMinute, perMinute, nowMs);
    const isSecondFull = perSecond !== undefined && second === undefined;
    const isMinuteFull = perMinute !== undefined && minute === undefined;
    const isAdmitted = !isSecondFull && !isMinuteFull;
    if (before !== undefined) this.#clients.delete(client);
    // Only a bucket that was there before can be full.
    this.#clients.set(client, isAdmitted ? { perSecond: second, perMinute: minute } : before!);
    return isAdmitted;
  }

  /** Forgets the clients that have been unused for the longest, as long as their buckets are dry; at most so many. */
  forgetDry(limits: RateLimits, nowMs: number, most: number): void {
    let left = most;
    for (const [client, buckets] of this.#clients) {
      if (left === 0 || !areDry(buckets, limits, nowMs)) return;
      this.#clients.delete(client);
      left -= 1;
    }
  }

  /** Forgets the client that has been unused for the longest, whatever it has asked for. */
  forgetOldest(): void {
    for (const client of this.#clients.keys()) {
      this.#clients.delete(client);
      return;
    }
  }
}

function areDry({ perSecond, perMinute }: ClientBuckets, limits: RateLimits, nowMs: number): boolean {
  const isSecondDry = perSecond === undefined || !limits.perSecond || isDry(perSecond, limits.perSecond, nowMs);
  return isSecondDry && (perMinute === undefined || !limits.perMinute || isDry(perMinute, limits.perMinute, nowMs));
}
