import type { FilterAnswer } from "./filter-answer.ts";
import type { FilterRequest } from "./filter-request.ts";
import type { FilterState } from "./filter-state.ts";
import { bucketUses, type KeyedLimits } from "./keyed-limit.ts";

/** Refuses a request that is beyond a limit of its policy, and says when one may come in again. */
export function limitByKey(
  { namespace, limits }: KeyedLimits,
  request: FilterRequest,
  { keyedBuckets, clockMs }: FilterState,
): FilterAnswer | undefined {
  const wait = keyedBuckets.admit(namespace, bucketUses(limits, request), clockMs());
  return wait === 0 ? undefined : rateLimited(wait);
}

/** The answer to a request that may come again after so many milliseconds (RFC 6585 section 4, RFC 9110 section 10.2.3). */
export function rateLimited(waitMs: number) {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return { status: 429, reason: "rate-limited", fields: [["Retry-After", String(seconds)]] } as const;
}
