import { NO_FILTERS, type RuleFilters } from "#src/filters/rule-filters.ts";
import type { HttpsPolicy } from "#src/filters/redirect-to-https.ts";
import { type HttpsRedirect, httpsRedirectOf } from "#src/model/annotations/https-redirect.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import { visibleAscii } from "#src/routing/path.ts";
import type { PathClaim } from "./merge-host.ts";

/** The filters of a rule, of what its Ingress says. `hasTls`: an Ingress has a `tls` entry for the host. */
export function filtersOf({ ingress: { settings }, pathType }: PathClaim, hasTls: boolean): RuleFilters {
  const filters: RuleFilters = {
    httpsRedirect: toHttps(settings, hasTls),
    // A default backend gets paths as they came.
    rewrite: pathType === "default" ? undefined : rewriteOf(settings),
    bodyBytes: settings.bodyBytes,
  };
  return Object.values(filters).every((one) => one === undefined) ? NO_FILTERS : filters;
}

function rewriteOf({ rewrite }: IngressSettings): RuleFilters["rewrite"] {
  return rewrite && { ...rewrite, target: visibleAscii(rewrite.target) };
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
