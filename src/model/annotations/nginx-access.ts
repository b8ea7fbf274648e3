import type { AnnotationRecord } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { CLIENT_CERTIFICATES } from "./client-certificates.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import { LIMIT_RATES } from "./limit-rate.ts";
import { PASSWORD_AUTH } from "./auth-secret.ts";
import { EXTERNAL_AUTH } from "./external-auth.ts";
import { AUTH_PROXY_SET_HEADERS } from "./custom-headers.ts";
import { INSTEAD } from "./instead.ts";
import { SNIPPETS } from "./snippets.ts";
import { ALLOWLIST_SOURCE_RANGE, DENYLIST_SOURCE_RANGE } from "./source-ranges.ts";

/** Of ingress-nginx: who may come in, and how often. */
export const NGINX_ACCESS: readonly AnnotationRecord[] = [
  ALLOWLIST_SOURCE_RANGE,
  DENYLIST_SOURCE_RANGE,
  ...Object.values(PASSWORD_AUTH),
  ...Object.values(CLIENT_CERTIFICATES),
  {
    names: ["auth-snippet"],
    doc: "Configuration of nginx for requests to the service that says who may come in",
    risks: [{ effect: "snippet" }],
  },
  ...Object.values(EXTERNAL_AUTH),
  AUTH_PROXY_SET_HEADERS,
  {
    names: ["auth-keepalive", "auth-keepalive-requests", "auth-keepalive-share-vars", "auth-keepalive-timeout"],
    doc: "How long connections to that service are kept",
    needless: "they are always kept and used again",
  },
  {
    names: ["auth-cache-*", "auth-keepalive*", "auth-signin*"],
    doc: "Details of the question to the service that says who may come in",
    risks: [{ effect: "ignored" }],
  },
  {
    names: ["auth-*"],
    doc: "Any other way to say who may come in",
    risks: [{ effect: "restriction", asks: ASKS.on }],
    instead: INSTEAD.external,
  },
  {
    names: [
      "global-rate-limit-ignored-cidrs",
      "global-rate-limit-key",
      "global-rate-limit-window",
      "global-rate-limit-*",
    ],
    doc: "Details of limits",
    risks: [{ effect: "ignored" }],
  },
  ...Object.values(CLIENT_LIMITS),
  ...Object.values(LIMIT_RATES),
  {
    names: ["limit-*", "global-rate-limit"],
    doc: "How many requests clients may make, of all replicas together",
    risks: [{ effect: "restriction", asks: ASKS.notZero }],
    instead: INSTEAD.rate,
  },
  {
    names: ["enable-modsecurity", "enable-owasp-core-rules", "modsecurity-snippet", "modsecurity-*"],
    doc: "A firewall for requests",
    risks: [{ effect: "restriction", asks: ASKS.on }],
  },
  { names: ["modsecurity-transaction-id"], doc: "An id for its log", risks: [{ effect: "ignored" }] },
  ...Object.values(SNIPPETS),
  {
    names: ["stream-snippet"],
    doc: "Configuration of nginx for ports of TCP and UDP",
    risks: [{ effect: "snippet" }],
    scope: "host",
  },
];
