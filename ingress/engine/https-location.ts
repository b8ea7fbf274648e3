import { hostOf } from "#src/routing/host.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { RequestHead } from "./request-head.ts";
import { hostText, targetText } from "./request-route.ts";

/** Where ACME (RFC 8555 section 8.3) proves over plain HTTP that a host is ours, to get the certificate. */
const ACME_PATH = "/.well-known/acme-challenge/";

/** Whether plain requests of a rule are redirected to HTTPS, where the program's option (`isDefault`) says so or not. */
export function wantsHttps({ filters: { httpsRedirect } }: Rule, isDefault: boolean): boolean {
  return httpsRedirect === "always" || (httpsRedirect === "by-option" && isDefault);
}

/**
 * Where a plain request is redirected to: the same host, path and query by HTTPS on its usual port. Undefined where the
 * request is served as it is: it names no host, or its normalised path is there to get a certificate.
 */
export function httpsLocation(bytes: Buffer, head: RequestHead, normalizedPath: string): string | undefined {
  if (normalizedPath.startsWith(ACME_PATH)) return undefined;
  const host = hostOf(hostText(bytes, head));
  return host === undefined ? undefined : `https://${host}${targetText(bytes, head)}`;
}
