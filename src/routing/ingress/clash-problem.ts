import type { Ingress } from "#src/model/ingress.ts";
import type { AppliedPart } from "#src/model/path-terms.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import { isDefaultIngress, namePaths } from "./default-ingress.ts";
import type { PolicyClash } from "./merge-policies.ts";

/** The Problem of two policies that say one part of the same paths otherwise. */
export function clashProblem(ingress: Ingress, { loser, winner, closes }: PolicyClash): Problem {
  const isSame = winner.part.name === loser.part.name;
  const others = `HTTPPolicy "${winner.policy}" ${winner.part.at}`;
  return {
    code: "POLICY_CONFLICT",
    at: objectAt("HTTPPolicy", loser.policy, loser.part.at),
    what: `${closes ? "Closed" : "Ignored this for"} ${namePaths(ingress)}`,
    why: isSame
      ? `${others} says otherwise of them${closes ? ", and one of the two could be more open than the other" : ", and is older"}`
      : `${others} is of another policy, and these two fields say one thing together`,
    fix: isDefaultIngress(ingress)
      ? "Keep one of the two"
      : "Keep one of the two, or attach one of the policies to a path",
    severity: closes ? "error" : "warning",
  };
}

/** The Problem of a part that can be read, and cannot be served for some path. */
export function partUnservable(
  ingress: Ingress,
  { policy, part }: AppliedPart,
  { why, fix }: Pick<Problem, "why" | "fix">,
): Problem {
  return {
    code: "POLICY_INVALID",
    at: objectAt("HTTPPolicy", policy, part.at),
    what: `Closed ${namePaths(ingress)}`,
    why,
    fix,
    severity: "error",
  };
}

/** The Problem of a Service that would get requests on which not all is asked that a policy at it asks. */
export function serviceUncovered(ingress: Ingress, policy: string, service: string): Problem {
  return {
    code: "POLICY_CONFLICT",
    at: objectAt("HTTPPolicy", policy),
    what: `Sent no requests for ${namePaths(ingress)} to Service "${service}" in place of another one`,
    why: "it is the default-backend of paths of which this policy asks nothing",
    fix: isDefaultIngress(ingress)
      ? "Attach the policy to the Service of --default-backend-service, too"
      : "Attach the policy to the Ingress, too",
    severity: "warning",
  };
}

/** The Problem of an Ingress with more policies than are looked at. */
export function tooManyPolicies(ingress: Ingress, policy: string, most: number): Problem {
  return {
    code: "POLICY_INVALID",
    at: objectAt("HTTPPolicy", policy),
    what: `Closed ${namePaths(ingress)}`,
    why: `more than ${most} policies are for them, or for Services that get their requests`,
    fix: "Say the same in fewer policies",
    severity: "error",
  };
}
