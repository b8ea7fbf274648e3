import type { Problem } from "#src/model/problem.ts";

/** The Problem of policies whose definition was removed from the cluster. */
export function policyKindGone(count: number): Problem {
  return {
    code: "POLICY_KIND_GONE",
    at: { kind: "part", name: "HTTPPolicies" },
    what: `Kept what ${count} HTTPPolic${count === 1 ? "y" : "ies"} said`,
    why: "the definition of the kind was removed from the cluster, and all policies with it",
    fix: "Install the definition and the policies again. To give them up, restart the ingress",
    severity: "error",
  };
}
