import type { AnnotationRecord } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { FORCE_SSL_REDIRECT, SSL_REDIRECT } from "./https-redirect.ts";
import {
  APP_ROOT,
  FROM_TO_WWW_REDIRECT,
  PERMANENT_REDIRECT,
  PERMANENT_REDIRECT_CODE,
  RELATIVE_REDIRECTS,
  TEMPORAL_REDIRECT,
  TEMPORAL_REDIRECT_CODE,
} from "./redirects.ts";
import { REWRITE_TARGET } from "./rewrite-target.ts";
import { UPSTREAM_VHOST, X_FORWARDED_PREFIX } from "./upstream-vhost.ts";
import { USE_REGEX } from "./use-regex.ts";

/** Of ingress-nginx: what requests reach. */
export const NGINX_ROUTING: readonly AnnotationRecord[] = [
  SSL_REDIRECT,
  FORCE_SSL_REDIRECT,
  REWRITE_TARGET,
  USE_REGEX,
  {
    names: ["canary"],
    doc: "The Ingress gets a part of the requests of another one",
    // Another value for "on" makes no canary for ingress-nginx, though its writer may have meant one.
    risks: [
      { effect: "canary", asks: ASKS.true },
      { effect: "reaches-other", asks: ASKS.on },
    ],
  },
  {
    names: [
      "canary-by-cookie",
      "canary-by-header",
      "canary-by-header-pattern",
      "canary-by-header-value",
      "canary-weight",
      "canary-weight-total",
      "canary-*",
    ],
    doc: "Which part",
    risks: [{ effect: "ignored", asks: (value, siblings) => value !== "" && !ASKS.true(siblings("canary") ?? "") }],
  },
  PERMANENT_REDIRECT,
  PERMANENT_REDIRECT_CODE,
  TEMPORAL_REDIRECT,
  TEMPORAL_REDIRECT_CODE,
  RELATIVE_REDIRECTS,
  {
    names: ["backend-protocol"],
    doc: "The protocol that the Service speaks",
    risks: [{ effect: "reaches-other", asks: ASKS.notHttp }],
  },
  {
    names: ["ssl-passthrough"],
    doc: "TLS is not ended, but passed on",
    risks: [{ effect: "reaches-other", asks: ASKS.on }],
  },
  UPSTREAM_VHOST,
  X_FORWARDED_PREFIX,
  APP_ROOT,
  { names: ["server-alias"], doc: "Further hosts with the same paths", risks: [{ effect: "hosts" }] },
  FROM_TO_WWW_REDIRECT,
  {
    names: ["default-backend"],
    doc: "The Service that answers where that of a path has no ready endpoint",
    risks: [{ effect: "fallback" }],
  },
];
