import type { AnnotationRecord } from "./annotation-record.ts";

/** Of ingress-nginx: all that neither restricts nor changes what requests reach. Hawser ignores it. */
export const NGINX_TUNING: readonly AnnotationRecord[] = [
  {
    names: [
      "affinity",
      "affinity-canary-behavior",
      "affinity-mode",
      "session-cookie-change-on-failure",
      "session-cookie-conditional-samesite-none",
      "session-cookie-domain",
      "session-cookie-expires",
      "session-cookie-max-age",
      "session-cookie-name",
      "session-cookie-path",
      "session-cookie-samesite",
      "session-cookie-secure",
    ],
    doc: "A client stays with one endpoint, by a cookie",
  },
  {
    names: [
      "load-balance",
      "service-upstream",
      "upstream-hash-by",
      "upstream-hash-by-subset",
      "upstream-hash-by-subset-size",
    ],
    doc: "How an endpoint is chosen",
  },
  {
    names: [
      "cors-allow-credentials",
      "cors-allow-headers",
      "cors-allow-methods",
      "cors-allow-origin",
      "cors-expose-headers",
      "cors-max-age",
      "enable-cors",
    ],
    doc: "Which other sites may call this one from a browser",
  },
  {
    names: [
      "client-body-buffer-size",
      "proxy-body-size",
      "proxy-buffer-size",
      "proxy-buffering",
      "proxy-buffers-number",
      "proxy-busy-buffers-size",
      "proxy-max-temp-file-size",
      "proxy-request-buffering",
    ],
    doc: "How large bodies may be, and what of them nginx buffers",
  },
  {
    names: [
      "proxy-connect-timeout",
      "proxy-next-upstream",
      "proxy-next-upstream-timeout",
      "proxy-next-upstream-tries",
      "proxy-read-timeout",
      "proxy-send-timeout",
    ],
    doc: "How long to wait for an endpoint, and when to ask another one",
  },
  {
    names: [
      "proxy-ssl-ciphers",
      "proxy-ssl-name",
      "proxy-ssl-protocols",
      "proxy-ssl-secret",
      "proxy-ssl-server-name",
      "proxy-ssl-verify",
      "proxy-ssl-verify-depth",
      "ssl-ciphers",
      "ssl-prefer-server-ciphers",
    ],
    doc: "Details of TLS, to clients and to endpoints",
  },
  {
    names: [
      "connection-proxy-header",
      "custom-headers",
      "proxy-cookie-domain",
      "proxy-cookie-path",
      "proxy-http-version",
      "proxy-redirect-from",
      "proxy-redirect-to",
      "use-proxy-protocol",
      "x-forwarded-prefix",
    ],
    doc: "What is changed in requests and answers",
  },
  {
    names: ["permanent-redirect-code", "preserve-trailing-slash", "relative-redirects", "temporal-redirect-code"],
    doc: "Details of redirects",
  },
  { names: ["custom-http-errors", "disable-proxy-intercept-errors"], doc: "Pages of your own for errors" },
  { names: ["mirror-host", "mirror-request-body", "mirror-target"], doc: "Where a copy of each request is sent" },
  {
    names: ["enable-access-log", "enable-opentelemetry", "enable-opentracing", "enable-rewrite-log"],
    doc: "Logs and traces",
  },
  { names: ["enable-global-auth"], doc: "Whether the restriction of all Ingresses holds for this one" },
  { names: ["http2-push-preload"], doc: "Pushing by HTTP/2" },
];
