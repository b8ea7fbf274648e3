import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Rule } from "#src/routing/rule.ts";
import { ruleOf } from "./compile-host.ts";
import { defaultClaim } from "./merge-host.ts";

/** The rule for requests that no other rule matches, of the Ingress for these (`defaultIngress`). */
export function defaultRule(ingress: Ingress | undefined): Rule | undefined {
  const [claim] = ingress === undefined ? [] : defaultClaim(ingress);
  return claim && ruleOf(claim, OF_NO_HOST);
}

/** They are for any host, so that nothing is said of one. */
const OF_NO_HOST = {
  hasTls: false,
  canaries: new Map(),
  clientCertificates: undefined,
  certificatesAskedBy: undefined,
} as const;

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
