import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Rule } from "#src/routing/rule.ts";
import { firstPortKey } from "./backend.ts";

/** The rule for requests that no other rule matches: they go to the first port of a Service (`namespace/name`). */
export function defaultRule(serviceKey: string): Rule {
  return {
    origin: { object: "", path: "", pathType: "default" },
    filters: NO_FILTERS,
    isRestricted: false,
    action: { kind: "forward", backend: firstPortKey(serviceKey) },
  };
}

/** The Problem of a Service for such requests that does not exist. */
export function defaultServiceMissing(serviceKey: string): Problem {
  return {
    code: "DEFAULT_BACKEND_MISSING",
    at: { kind: "option", names: ["--default-backend-service"] },
    what: "Answered 404 to requests that no rule matches",
    why: `there is no Service "${serviceKey}"`,
    fix: "Create the Service, or fix the option",
    severity: "error",
  };
}
