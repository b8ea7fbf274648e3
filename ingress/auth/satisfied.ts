import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import { checkSource } from "#src/filters/source-networks.ts";
import type { AccessRefusal, AccessRequest } from "#ingress/engine/access-control.ts";
import { accessGrant } from "#ingress/engine/access-grant.ts";
import { type AccessStep, type KnownBefore, PASSED, type StepDecision, type StepOutcome } from "./access-step.ts";
import { allOf } from "./all-of.ts";
import { BUSY } from "./refusal.ts";

/** Name and password, and what a service says: both where the policy names both, or one of them, or an address (`satisfy`). */
export function satisfied(byPassword: AccessStep, byService: AccessStep): AccessStep {
  const all = allOf([byPassword, byService]);

  function any(policy: AuthPolicy, request: AccessRequest, before: KnownBefore): StepOutcome {
    const { basic, external } = policy;
    const first = byPassword.decide(policy, request, before);
    if (basic === undefined) return byService.decide(policy, request, before);
    if (external === undefined) return first;
    // It is gone when the password is compared.
    const kept = first instanceof Promise ? request.kept() : request;
    return after(first, (refused) =>
      refused.kind === "pass"
        ? passUnasked(policy)
        : after(byService.decide(policy, kept, before), (second) => either(refused, second)),
    );
  }

  return {
    decide(policy, request, before) {
      const { basic, external, sources, satisfy } = policy;
      if (basic === undefined && external === undefined) return PASSED;
      // An address that is not denied is not one that is allowed.
      const isKnown =
        satisfy === "any" && sources?.allowed !== undefined && checkSource(sources, request) === undefined;
      if (isKnown) return passUnasked(policy);
      if (!before.mayWait) return BUSY;
      return satisfy === "any" ? any(policy, request, before) : all.decide(policy, request, before);
    },
  };
}

/** Of a request that comes in without a question to the service: what only that may write, the client's own does not pass. */
function passUnasked({ external }: AuthPolicy): StepDecision {
  const { responseHeaders: removes = [] } = external ?? {};
  if (removes.length === 0) return PASSED;
  return { kind: "pass", grant: accessGrant({ fields: [], cookies: [], removes, alwaysSetsCookie: false }) };
}

/** What comes of an outcome, at once where that is there. */
function after(outcome: StepOutcome, use: (found: StepDecision) => StepOutcome): StepOutcome {
  return outcome instanceof Promise ? outcome.then(use) : use(outcome);
}

/** Of two refusals the one that says how to come in, as in nginx. */
function either(first: AccessRefusal, second: StepDecision): StepDecision {
  if (second.kind === "pass") return second;
  return first.status === 401 && second.status !== 302 ? first : second;
}
