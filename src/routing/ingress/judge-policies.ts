import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import type { PolicyVerdict } from "./judge-policy.ts";
import { type JudgedWorld, PolicyVerdicts } from "./policy-verdicts.ts";

/** What becomes of each of these policies, by key. Of those that are attached to Ingresses of other classes alone nothing is said. */
export function judgePolicies(policies: Iterable<HttpPolicy>, world: JudgedWorld): ReadonlyMap<string, PolicyVerdict> {
  const judged = new PolicyVerdicts(world);
  for (const policy of policies) judged.changePolicy(policy.key, policy);
  judged.touchAll();
  return judged.verdicts;
}
