import type { FieldRewrites } from "#src/filters/field-rewrites.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";

/** What of the answers' fields an Ingress has written otherwise; undefined: nothing. */
export function fieldRewritesOf(settings: IngressSettings): FieldRewrites | undefined {
  const { endpointCookieDomain: domain, endpointCookiePath: path, redirectFrom: from, redirectTo: to } = settings;
  const isRedirected = from !== undefined && to !== undefined && from !== "off" && from !== "default" && to !== "off";
  const cookieDomain = domain === "off" ? undefined : domain;
  const cookiePath = path === "off" ? undefined : path;
  if (!isRedirected && cookieDomain === undefined && cookiePath === undefined) return undefined;
  return { cookieDomain, cookiePath, location: isRedirected ? { from, to } : undefined };
}
