import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { missingHeaders } from "#src/model/missing-headers.ts";

/** What to say where ingress-nginx's ConfigMap (`namespace/name`) does not exist. */
export function missingConfig(key: string, wasNeverRead: boolean): Problem {
  return {
    code: "NGINX_CONFIG_MISSING",
    at: objectAt("ConfigMap", key),
    what: wasNeverRead
      ? "Closed all Ingresses: cannot read what it says of them"
      : "Cannot read what it says of all Ingresses",
    why: "--nginx-config-map names it, and it does not exist, or may not be read",
    fix: "Create it, or fix the option",
    severity: "error",
  };
}

/** What to say where a ConfigMap with header fields does not exist that ingress-nginx's (`by`) names. */
export function missingHeadersOfAll(key: string, by: string): Problem {
  return missingHeaders(key, `the ConfigMap ${by} names it in add-headers or proxy-set-headers`);
}
