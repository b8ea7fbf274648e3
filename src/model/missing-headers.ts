import type { Problem } from "./problem.ts";
import { objectAt } from "./problem-place.ts";

/** What to say of a ConfigMap with header fields (`namespace/name`) that does not exist; `by`: who names it, and where. */
export function missingHeaders(key: string, by: string): Problem {
  return {
    code: "INGRESS_HEADERS_MISSING",
    at: objectAt("ConfigMap", key),
    what: "Cannot write its header fields",
    why: `${by}, and it does not exist, or may not be read`,
    fix: "Create it, with a key for each header field under data",
    severity: "error",
  };
}
