import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { AccessRequest } from "#ingress/engine/access-control.ts";
import { addGrants } from "#ingress/engine/access-grant.ts";
import {
  type AccessStep,
  type KnownBefore,
  PASSED,
  type PassedStep,
  type StepDecision,
  type StepOutcome,
} from "./access-step.ts";

/** A request that some of the steps have let pass. */
interface Progress {
  readonly policy: AuthPolicy;
  readonly request: AccessRequest;
  readonly known: KnownBefore;
  readonly passed: PassedStep;
}

/**
 * Steps one after the other. The first that answers ends it; what those that let the request pass have granted adds up, and
 * what one has verified of its sender the next ones know.
 */
export function allOf(steps: readonly AccessStep[]): AccessStep {
  function decideFrom(first: number, progress: Progress): StepOutcome {
    const { policy, request } = progress;
    let { known, passed } = progress;
    for (let index = first; index < steps.length; index++) {
      const found = steps[index]!.decide(policy, request, known);
      if (found instanceof Promise) return decideAfter(found, index + 1, { policy, request, known, passed });
      if (found.kind === "answer") return found;
      passed = add(passed, found);
      if (found.claims !== undefined) known = { ...known, claims: found.claims };
    }
    return passed;
  }

  async function decideAfter(awaited: Promise<StepDecision>, next: number, progress: Progress): Promise<StepDecision> {
    // The request is gone when the step has decided.
    const request = next < steps.length ? progress.request.kept() : progress.request;
    const found = await awaited;
    if (found.kind === "answer") return found;
    const passed = add(progress.passed, found);
    return decideFrom(next, {
      ...progress,
      request,
      passed,
      known: { claims: passed.claims ?? progress.known.claims, mayWait: true },
    });
  }

  return { decide: (policy, request, known) => decideFrom(0, { policy, request, known, passed: PASSED }) };
}

function add(before: PassedStep, { grant, claims = before.claims }: PassedStep): PassedStep {
  if (grant === undefined && claims === before.claims) return before;
  return { kind: "pass", grant: addGrants(before.grant, grant), claims };
}
