/** Requests that a client has made, as water in a bucket that leaks: those that the rate would have allowed have left. */
export interface LeakyBucket {
  /** In units of the limit. */
  readonly excess: number;
  readonly lastMs: number;
}

/** How fast a bucket leaks, and how much it holds. */
export interface RateLimit {
  /** Units in a second, a whole number. */
  readonly rate: number;
  /** Requests beyond the rate that may come at once. */
  readonly burst: number;
  /** Units that one request is. */
  readonly unit: number;
}

/** nginx counts thousandths of a request. */
const THOUSANDTHS = 1_000;

/** A limit of so many requests in each `second` or `minute`. nginx cuts off what is less than a thousandth. */
export function rateLimit(requests: number, per: "second" | "minute", burst: number): RateLimit {
  return { rate: Math.floor((requests * 1_000) / (per === "second" ? 1 : 60)), burst, unit: THOUSANDTHS };
}

/**
 * A limit of so many requests in so many seconds, of which `burst` (at least 1) may come at once. Exact: a request is as many
 * units as make the rate of a millisecond a whole number. These are whole numbers below 2^53 for a million requests a day.
 */
export function exactLimit(requests: number, seconds: number, burst: number): RateLimit {
  return { rate: requests * 1_000, burst: burst - 1, unit: seconds * 1_000 };
}

/**
 * The bucket after one more request; undefined where that would flow over: the request is refused, and does not count.
 * The same as nginx's `limit_req` with `nodelay`, to the thousandth: the first request of a client finds an empty bucket
 * and leaves it empty, so that at once one more than the burst is let through.
 */
export function pour(bucket: LeakyBucket | undefined, limit: RateLimit, nowMs: number): LeakyBucket | undefined {
  const excess = excessAfter(bucket, limit, nowMs);
  return excess > limit.burst * limit.unit ? undefined : { excess, lastMs: nowMs };
}

/** Milliseconds until one more request would be let through, whole ones; 0: now. */
export function waitMs(bucket: LeakyBucket | undefined, limit: RateLimit, nowMs: number): number {
  const over = excessAfter(bucket, limit, nowMs) - limit.burst * limit.unit;
  return over <= 0 ? 0 : Math.ceil((over * 1_000) / limit.rate);
}

function excessAfter(bucket: LeakyBucket | undefined, { rate, unit }: RateLimit, nowMs: number): number {
  return bucket === undefined ? 0 : Math.max(0, bucket.excess - leaked(rate, nowMs - bucket.lastMs) + unit);
}

function leaked(rate: number, passedMs: number): number {
  return Math.floor((rate * Math.max(0, passedMs)) / 1_000);
}

/** Whether a bucket says no more than a new one would, as nginx has it: all has leaked, and a while ago. */
export function isDry({ excess, lastMs }: LeakyBucket, { rate }: RateLimit, nowMs: number): boolean {
  const passedMs = nowMs - lastMs;
  return passedMs >= DRY_AFTER_MS && excess <= leaked(rate, passedMs);
}

const DRY_AFTER_MS = 60_000;

/** When a bucket says no more than a new one would, whatever the rate: the next request, too, would find it empty. */
export function forgottenAtMs({ excess, lastMs }: LeakyBucket, { rate, unit }: RateLimit): number {
  return lastMs + Math.ceil(((excess + unit) * 1_000) / rate);
}
