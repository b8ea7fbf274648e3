import type { AccessLimits } from "#src/filters/access-limits.ts";
import type { KeyedBuckets } from "#src/filters/keyed-buckets.ts";
import { bucketUses, type KeyedLimit } from "#src/filters/keyed-limit.ts";
import { rateLimited } from "#src/filters/limit-by-key.ts";
import { type AccessStep, PASSED, type StepDecision, type StepOutcome } from "#ingress/auth/access-step.ts";
import type { SharedCounts } from "./shared-counts.ts";

interface Counting {
  /** What this replica counts. */
  readonly buckets: KeyedBuckets;
  readonly shared: SharedCounts;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
}

/** Refuses requests that are beyond a limit of their policy: one step before it is asked who sends them, one after. */
export function limitStep(part: keyof AccessLimits, { buckets, shared, clockMs }: Counting): AccessStep {
  return {
    decide({ namespace, limits }, request, { claims, mayWait }): StepOutcome {
      const asked = limits?.[part] ?? [];
      if (asked.length === 0) return PASSED;
      const limited = {
        clientAddress: request.remoteAddress,
        path: request.path,
        // Made from the bytes of the head, for keys of the query alone.
        get target() {
          return request.target;
        },
        valuesOf: (name: string) => request.valuesOf(name),
        claims,
      };
      const usesOf = (isShared: boolean) => bucketUses(asked.filter(sharedAs(isShared)), limited);
      const [own, together] = [usesOf(false), usesOf(true)];
      const wait = buckets.admit(namespace, own, clockMs());
      if (wait > 0 || together.length === 0) return decided(wait);
      const all = shared.admit(namespace, together, mayWait);
      return all instanceof Promise ? all.then(decided) : decided(all);
    },
  };
}

function sharedAs(isShared: boolean): (limit: KeyedLimit) => boolean {
  return ({ policy }) => policy.isShared === isShared;
}

function decided(waitMs: number): StepDecision {
  if (waitMs === 0) return PASSED;
  const { status, ...cause } = rateLimited(waitMs);
  return { kind: "answer", status, cause };
}
