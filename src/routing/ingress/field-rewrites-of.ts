import type { FieldRewrites } from "#src/filters/field-rewrites.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { Replacement } from "#src/model/annotations/parse-replacement.ts";
import { isValuePattern } from "#src/pattern/value-pattern.ts";

/** What of the answers' fields an Ingress has written otherwise; undefined: nothing. */
export function fieldRewritesOf(settings: IngressSettings): FieldRewrites | undefined {
  const { endpointCookieDomain: domain, endpointCookiePath: path, redirectFrom: from, redirectTo: to } = settings;
  const isRedirected = from !== undefined && to !== undefined && from !== "off" && to !== "off";
  const location = isRedirected ? { source: from, target: to } : undefined;
  const cookieDomain = domain === "off" ? undefined : domain;
  const cookiePath = path === "off" ? undefined : path;
  const all = [location, cookieDomain, cookiePath].filter((one) => one !== undefined);
  if (all.length === 0) return undefined;
  return { cookieDomain, cookiePath, location, hasVariables: all.some(hasVariables) };
}

function hasVariables({ source: { from }, target: { to } }: Replacement): boolean {
  const parts = isValuePattern(from) ? to : [...from, ...to];
  return parts.some(({ kind }) => kind !== "text" && kind !== "group");
}
