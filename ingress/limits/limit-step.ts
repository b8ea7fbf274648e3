import type { AccessLimits } from "#src/filters/access-limits.ts";
import type { RequestBuckets } from "#src/filters/keyed-buckets.ts";
import { bucketUses, type KeyedLimit } from "#src/filters/keyed-limit.ts";
import { limitWaits, rateLimited } from "#src/filters/limit-by-key.ts";
import { type AccessStep, PASSED, type StepDecision, type StepOutcome } from "#ingress/auth/access-step.ts";
import type { SharedCounts } from "./shared-counts.ts";

interface Counting {
  /** What this replica counts. */
  readonly buckets: RequestBuckets;
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
      const [ownLimits, sharedLimits] = [asked.filter(sharedAs(false)), asked.filter(sharedAs(true))];
      const [own, together] = [bucketUses(ownLimits, limited), bucketUses(sharedLimits, limited)];
      const nowMs = clockMs();
      const wait = buckets.admit(namespace, own, nowMs);
      if (wait > 0)
        return decided(
          wait,
          limitWaits(ownLimits, own, (use) => buckets.waitMs(namespace, [use], nowMs)),
        );
      if (together.length === 0) return PASSED;
      const all = shared.admit(namespace, together, mayWait);
      // Of several the store says only how long the request has to wait for all.
      const waitsOf = (waitMs: number) =>
        sharedLimits.length > 1 ? [] : sharedLimits.map(({ policy }) => ({ policy, waitMs }));
      const decide = (waitMs: number) => decided(waitMs, waitsOf(waitMs));
      return all instanceof Promise ? all.then(decide) : decide(all);
    },
  };
}

function sharedAs(isShared: boolean): (limit: KeyedLimit) => boolean {
  return ({ policy }) => policy.isShared === isShared;
}

function decided(waitMs: number, waits: Parameters<typeof rateLimited>[1]): StepDecision {
  if (waitMs === 0) return PASSED;
  const { status, ...cause } = rateLimited(waitMs, waits);
  return { kind: "answer", status, cause };
}
