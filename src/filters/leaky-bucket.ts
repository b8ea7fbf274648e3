/** Requests that a client has made, as water in a bucket that leaks: those that the rate would have allowed have left. */
export interface LeakyBucket {
  /** Thousandths of a request. */
  readonly excess: number;
  readonly lastMs: number;
}

/** How fast a bucket leaks, and how much it holds. */
export interface RateLimit {
  /** Thousandths of a request in a second, a whole number. */
  readonly rate: number;
  /** Requests beyond the rate that may come at once. */
  readonly burst: number;
}

/** A limit of so many requests in each `second` or `minute`. nginx cuts off what is less than a thousandth. */
export function rateLimit(requests: number, per: "second" | "minute", burst: number): RateLimit {
  return { rate: Math.floor((requests * 1_000) / (per === "second" ? 1 : 60)), burst };
}

/**
 * The bucket after one more request; undefined where that would flow over: the request is refused, and does not count.
 * The same as nginx's `limit_req` with `nodelay`, to the thousandth: the first request of a client finds an empty bucket
 * and leaves it empty, so that at once one more than the burst is let through.
 */
export function pour(
  bucket: LeakyBucket | undefined,
  { rate, burst }: RateLimit,
  nowMs: number,
): LeakyBucket | undefined {
  if (bucket === undefined) return { excess: 0, lastMs: nowMs };
  const passedMs = Math.max(0, nowMs - bucket.lastMs);
  const excess = Math.max(0, bucket.excess - Math.floor((rate * passedMs) / 1_000) + 1_000);
  return excess > burst * 1_000 ? undefined : { excess, lastMs: nowMs };
}

/** Whether a bucket says no more than a new one would: all has leaked, and a while ago. */
export function isDry({ excess, lastMs }: LeakyBucket, { rate }: RateLimit, nowMs: number): boolean {
  const passedMs = nowMs - lastMs;
  return passedMs >= DRY_AFTER_MS && excess <= Math.floor((rate * passedMs) / 1_000);
}

const DRY_AFTER_MS = 60_000;
