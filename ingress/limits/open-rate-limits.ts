import { KeyedBuckets, type RequestBuckets } from "#src/filters/keyed-buckets.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import type { AccessStep } from "#ingress/auth/access-step.ts";
import { limitStep } from "./limit-step.ts";
import { type RedisSettings, redisStore } from "./redis-store.ts";
import { SharedCounts } from "./shared-counts.ts";

/** All that counts requests for limits of policies. */
export interface PolicyLimits {
  /** What this replica counts. */
  readonly buckets: RequestBuckets;
  readonly shared: SharedCounts;
  /** Before it is asked who sends a request. */
  readonly before: AccessStep;
  /** When that is known. */
  readonly after: AccessStep;
  problemCount(): number;
}

/** Opens the store, if there is one, and says in the log whether it counts. */
export function openRateLimits(of: {
  /** Undefined: each replica counts alone. */
  readonly store: RedisSettings | undefined;
  readonly timeoutMs: number;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
  /** Counts alone by default. */
  readonly buckets?: RequestBuckets | undefined;
}): PolicyLimits {
  const { store, timeoutMs, log, clockMs, buckets = new KeyedBuckets() } = of;
  const problems = new ProblemLog(log);
  const onChange = (why: string | undefined): void => {
    problems.report(FLAG, why === undefined ? [] : [awayProblem(why)]);
    if (why === undefined) log.info({}, "rate limits are counted with all replicas");
  };
  const open = store && redisStore(store);
  const shared = new SharedCounts({ open, buckets, clockMs, timeoutMs, chance: Math.random, onChange });
  const counting = { buckets, shared, clockMs };
  return {
    buckets,
    shared,
    before: limitStep("shared", counting),
    after: limitStep("byClaims", counting),
    problemCount: () => problems.count,
  };
}

const FLAG = "--rate-limit-store";

function awayProblem(why: string): Problem {
  return {
    code: "RATE_LIMIT_STORE_AWAY",
    at: { kind: "option", names: [FLAG] },
    what: "This replica counts rate limits with shared: true alone, so that more requests come in",
    why,
    fix: "See that the store is reachable, writable and fast; Hawser tries it again, and goes back to it",
    severity: "warning",
  };
}
