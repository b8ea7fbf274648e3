import type { Ingress } from "#src/model/ingress.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import { type AttachedIngress, attachPolicies } from "./attach-policies.ts";
import { PolicyTargets } from "./policy-targets.ts";

/** Attaches all policies to all Ingresses, in the order of these. */
export function attachAll(ingresses: Iterable<Ingress>, policies: Iterable<HttpPolicy>): readonly AttachedIngress[] {
  const targets = new PolicyTargets();
  for (const policy of policies) targets.add(policy);
  return Array.from(ingresses, (ingress) => attachPolicies(ingress, targets.of(ingress)));
}
