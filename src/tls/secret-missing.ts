import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";

/** The Problem of a Secret (`namespace/name`) that is named for a certificate and does not exist. */
export function secretMissing(key: string): Problem {
  return {
    code: "INGRESS_SECRET_MISSING",
    at: objectAt("Secret", key),
    what: "Cannot serve its certificate",
    why: "an Ingress or --default-ssl-certificate names it, and it does not exist",
    fix: "Create it; until then the default certificate is served",
    severity: "warning",
  };
}
