import { hostOf } from "#src/routing/host.ts";
import type { Route } from "#src/routing/table.ts";
import type { RequestHead } from "./request-head.ts";
import { hostText, pathText, targetText } from "./request-route.ts";

/** Where ACME (RFC 8555 section 8.3) proves over plain HTTP that a host is ours, to get the certificate. */
const ACME_PATH = "/.well-known/acme-challenge/";

/** Whether plain requests of a rule are sent on to HTTPS, where that is (`isDefault`) or is not the default. */
export function wantsHttps({ hasTls, httpsRedirect }: Route, isDefault: boolean): boolean {
  if (httpsRedirect === "always") return true;
  return hasTls && (httpsRedirect === "by-default" ? isDefault : httpsRedirect === "with-tls");
}

/**
 * Where a plain request is sent on to: the same host, path and query by HTTPS on its usual port. Undefined where it is
 * served as it is: the host has no name, or the path is there to get a certificate.
 */
export function httpsLocation(bytes: Buffer, head: RequestHead): string | undefined {
  if (pathText(bytes, head).startsWith(ACME_PATH)) return undefined;
  const host = hostOf(hostText(bytes, head));
  return host === undefined ? undefined : `https://${host}${targetText(bytes, head)}`;
}
