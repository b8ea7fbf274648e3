import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import type { HttpPolicy } from "./http-policy.ts";

/** What to say of a policy where a program has no store for rate limits that all replicas share; undefined: nothing. */
export function notSharedProblem({ key, parts }: HttpPolicy): Problem | undefined {
  const limits = parts.flatMap(({ values }) => values.rateLimits ?? []);
  const index = limits.findIndex(({ isShared }) => isShared);
  if (index === -1) return undefined;
  return {
    code: "RATE_LIMIT_NOT_SHARED",
    at: objectAt("HTTPPolicy", key, `spec.rateLimits[${index}].shared`),
    what: "Each replica counts alone, so that more requests come in than this limit says",
    why: "the ingress has no store in which all replicas count",
    fix: "Give --rate-limit-store of the ingress, or write shared: false",
    severity: "warning",
  };
}
