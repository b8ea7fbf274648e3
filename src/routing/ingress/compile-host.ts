import type { HttpsRedirect } from "#src/model/annotations/https-redirect.ts";
import { isClosed } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { backendKey } from "./backend.ts";
import { closedPattern, linkPatterns } from "#src/routing/closed-pattern.ts";
import { comparedText, type MergedHost, type PathClaim } from "./merge-host.ts";
import { visibleAscii } from "#src/routing/path.ts";
import { linkPrefixes, type UnlinkedPrefix } from "#src/routing/prefix.ts";
import type { HostRoutes } from "#src/routing/route-table.ts";
import { NO_FILTERS, type Rule, type RuleAction, type RuleFilters } from "#src/routing/rule.ts";

/** The rules of a host, of what Ingresses say about it: here they cease to be Ingresses. */
export function compileHost({ exact, prefixes, patterns, fallback, hasTls }: MergedHost): HostRoutes {
  const claims = [...exact.values(), ...prefixes, ...patterns, ...(fallback === undefined ? [] : [fallback])];
  const unlinked = prefixes.map((claim): UnlinkedPrefix => ({
    text: comparedText(claim),
    wholeElements: claim.pathType === "Prefix" && claim.path !== "/",
    rule: ruleOf(claim, hasTls),
  }));
  return {
    exact: new Map([...exact].map(([path, claim]) => [path, ruleOf(claim, hasTls)])),
    prefixes: linkPrefixes(unlinked),
    closedPatterns: linkPatterns(patterns.map((claim) => closedPattern(claim.path, ruleOf(claim, hasTls)))),
    fallback: fallback && ruleOf(fallback, hasTls),
    hasClosed: claims.some(({ target }) => isClosed(target)),
    hasTls,
  };
}

function ruleOf(claim: PathClaim, hasTls: boolean): Rule {
  const { ingress, path, pathType } = claim;
  const origin = { object: ingress.key, path, pathType };
  return { origin, filters: filtersOf(claim, hasTls), action: actionOf(claim) };
}

function actionOf({ ingress, target }: PathClaim): RuleAction {
  if (isClosed(target)) return { kind: "closed", reason: target.closed };
  return { kind: "forward", backend: backendKey(ingress.namespace, target.serviceName, target.servicePort) };
}

/** A default backend gets paths as they came. */
function filtersOf({ ingress, pathType }: PathClaim, hasTls: boolean): RuleFilters {
  const httpsRedirect = redirectOf(ingress, hasTls);
  const rewrite = pathType === "default" ? undefined : ingress.rewrite;
  if (httpsRedirect === undefined && rewrite === undefined) return NO_FILTERS;
  return { httpsRedirect, rewrite: rewrite && { ...rewrite, target: visibleAscii(rewrite.target) } };
}

function redirectOf({ httpsRedirect }: Ingress, hasTls: boolean): RuleFilters["httpsRedirect"] {
  if (hasTls) return REDIRECTS_WITH_TLS[httpsRedirect];
  return httpsRedirect === "always" ? "always" : undefined;
}

const REDIRECTS_WITH_TLS: Readonly<Record<HttpsRedirect, RuleFilters["httpsRedirect"]>> = {
  always: "always",
  "with-tls": "always",
  never: undefined,
  "by-default": "by-option",
};
