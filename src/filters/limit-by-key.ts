import type { RateLimitPolicy } from "#src/model/policies/rate-limit-policy.ts";
import type { FilterAnswer } from "./filter-answer.ts";
import type { FilterRequest } from "./filter-request.ts";
import type { FilterState } from "./filter-state.ts";
import type { BucketUse } from "./keyed-buckets.ts";
import { bucketUses, type KeyedLimit, type KeyedLimits } from "./keyed-limit.ts";
import { printLimitWaits } from "./print-limit-policies.ts";

/** Refuses a request that is beyond a limit of its policy, and says when one may come in again. */
export function limitByKey(
  { namespace, limits }: KeyedLimits,
  request: FilterRequest,
  { keyedBuckets, clockMs }: FilterState,
): FilterAnswer | undefined {
  const uses = bucketUses(limits, request);
  const nowMs = clockMs();
  const wait = keyedBuckets.admit(namespace, uses, nowMs);
  if (wait === 0) return undefined;
  return rateLimited(
    wait,
    limitWaits(limits, uses, (use) => keyedBuckets.waitMs(namespace, [use], nowMs)),
  );
}

/** A limit, and how long a request has to wait for it. */
interface LimitWait {
  readonly policy: RateLimitPolicy;
  readonly waitMs: number;
}

/** How long a request has to wait for each of these limits; `uses`: what `bucketUses` gave for them. */
export function limitWaits(
  limits: readonly KeyedLimit[],
  uses: readonly BucketUse[],
  waitMsOf: (use: BucketUse) => number,
): readonly LimitWait[] {
  return limits.map(({ policy }, index) => ({ policy, waitMs: waitMsOf(uses[index]!) }));
}

/** The answer to a request that may come again after so many milliseconds (RFC 6585 section 4, RFC 9110 section 10.2.3). `waits`: for each limit. */
export function rateLimited(waitMs: number, waits: readonly LimitWait[]) {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const shown = printLimitWaits(waits);
  const fields = [
    ["Retry-After", String(seconds)] as const,
    ...(shown === undefined ? [] : [["RateLimit", shown] as const]),
  ];
  return { status: 429, reason: "rate-limited", fields } as const;
}
