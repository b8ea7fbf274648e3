import type { ServedAnnotation } from "./annotation-record.ts";
import { parseSwitch } from "./parse-switch.ts";
import { NGINX_PREFIXES } from "./prefixes.ts";
import type { IngressSettings } from "./ingress-settings.ts";

/**
 * Whether plain requests are redirected to HTTPS. `always`: annotation `force-ssl-redirect`, also where no `tls` entry
 * covers the host. `with-tls` and `never`: annotation `ssl-redirect`. `by-default`: as the program's option says.
 */
export type HttpsRedirect = "always" | "with-tls" | "never" | "by-default";

export const SSL_REDIRECT: ServedAnnotation<boolean> = {
  names: ["ssl-redirect"],
  doc: "Whether plain requests for a host with a `tls` entry are redirected to HTTPS. Left out: as the program's option says",
  served: { prefixes: NGINX_PREFIXES, parse: parseSwitch },
};

export const FORCE_SSL_REDIRECT: ServedAnnotation<boolean> = {
  names: ["force-ssl-redirect"],
  doc: "Plain requests are redirected to HTTPS, also where no `tls` entry covers the host. It wins over `ssl-redirect`",
  served: { prefixes: NGINX_PREFIXES, parse: parseSwitch },
};

/** What `force-ssl-redirect` says, and `ssl-redirect` where that is not on: it wins, as in ingress-nginx. */
export function httpsRedirectOf({ forceSslRedirect, sslRedirect }: IngressSettings): HttpsRedirect {
  if (forceSslRedirect === true) return "always";
  return sslRedirect === undefined ? "by-default" : sslRedirect ? "with-tls" : "never";
}
