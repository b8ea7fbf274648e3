import { NO_FILTERS, type RuleFilters } from "#src/filters/rule-filters.ts";
import type { HttpsPolicy } from "#src/filters/redirect-to-https.ts";
import { type HttpsRedirect, httpsRedirectOf } from "#src/model/annotations/https-redirect.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import { hasGroups, type Rewrite } from "#src/model/annotations/rewrite-target.ts";
import type { PathPattern } from "#src/pattern/path-pattern.ts";
import { visibleAscii } from "#src/routing/path.ts";
import type { PathClaim } from "./merge-host.ts";

/** The filters of a rule, of what its Ingress says. `hasTls`: an Ingress has a `tls` entry for the host; `pattern`: what its path is. */
export function filtersOf(claim: PathClaim, hasTls: boolean, pattern?: PathPattern): RuleFilters {
  const { settings } = claim.ingress;
  const filters: RuleFilters = {
    httpsRedirect: toHttps(settings, hasTls),
    // A default backend gets paths as they came.
    rewrite: claim.pathType === "default" ? undefined : rewriteOf(settings, claim.path, pattern),
    bodyBytes: settings.bodyBytes,
  };
  return Object.values(filters).every((one) => one === undefined) ? NO_FILTERS : filters;
}

function rewriteOf(
  { rewrite }: IngressSettings,
  path: string,
  pattern: PathPattern | undefined,
): RuleFilters["rewrite"] {
  if (rewrite === undefined || isSame(rewrite, path)) return undefined;
  const target = visibleAscii(rewrite.target);
  return { ...rewrite, target, ...(hasGroups(rewrite) && { parts: partsOf(target) }), ...(pattern && { pattern }) };
}

/** ingress-nginx rewrites nothing where the target is the path of the rule: what is below it keeps its path. */
function isSame({ kind, target }: Rewrite, path: string): boolean {
  return kind === "replacePath" && target === path;
}

/** The texts of a target, and the numbers of groups between them. */
function partsOf(target: string): readonly (string | number)[] {
  return target.split(/(\$[1-9])/).map((part) => (part.startsWith("$") ? Number(part.slice(1)) : part));
}

function toHttps(settings: IngressSettings, hasTls: boolean): HttpsPolicy | undefined {
  const redirect = httpsRedirectOf(settings);
  if (hasTls) return POLICY_WITH_TLS[redirect];
  return redirect === "always" ? "always" : undefined;
}

const POLICY_WITH_TLS: Readonly<Record<HttpsRedirect, HttpsPolicy | undefined>> = {
  always: "always",
  "with-tls": "always",
  never: undefined,
  "by-default": "by-option",
};
