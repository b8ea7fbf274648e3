import type { AnnotationRecord } from "./annotation-record.ts";
import { BALANCING } from "./balancing.ts";
import { CONNECTION_PROXY_HEADER } from "./connection-proxy-header.ts";
import { CORS } from "./cors.ts";
import { BUFFERING } from "./buffering.ts";
import { ENABLE_ACCESS_LOG } from "./enable-access-log.ts";
import { CUSTOM_ERRORS } from "./custom-errors.ts";
import { ENDPOINT_PATIENCE } from "./endpoint-patience.ts";
import { CUSTOM_HEADERS } from "./custom-headers.ts";
import { MIRRORING } from "./mirror.ts";
import { PROXY_BODY_SIZE } from "./proxy-body-size.ts";
import { RESPONSE_REWRITES } from "./response-rewrites.ts";
import { PROXY_BUFFER_SIZE } from "./proxy-buffer-size.ts";
import { SERVICE_UPSTREAM } from "./service-upstream.ts";

/** Of ingress-nginx: all that neither restricts nor changes what requests reach. */
export const NGINX_TUNING: readonly AnnotationRecord[] = [
  PROXY_BODY_SIZE,
  ...Object.values(BALANCING),
  SERVICE_UPSTREAM,
  ...Object.values(CORS),
  ...Object.values(RESPONSE_REWRITES),
  CONNECTION_PROXY_HEADER,
  ...BUFFERING,
  CUSTOM_HEADERS,
  PROXY_BUFFER_SIZE,
  ...Object.values(ENDPOINT_PATIENCE),
  {
    names: ["ssl-ciphers", "ssl-prefer-server-ciphers"],
    doc: "Details of TLS to clients",
  },
  {
    names: ["use-proxy-protocol"],
    doc: "What is changed in requests and answers",
  },
  {
    names: ["preserve-trailing-slash"],
    doc: "Whether a redirect to HTTPS keeps a slash at the end of the path",
    needless: "such a redirect always keeps the path as it is",
  },
  ...Object.values(CUSTOM_ERRORS),
  ENABLE_ACCESS_LOG,
  ...Object.values(MIRRORING),
  {
    names: [
      "enable-opentelemetry",
      "enable-opentracing",
      "opentelemetry-operation-name",
      "opentelemetry-trust-incoming-span",
    ],
    doc: "Spans of requests. Hawser exports none: the fields `traceparent` and `tracestate` pass to the endpoint, and the program's option `--trace-context make` makes them where a client sends none",
    lacks: {
      why: "Hawser makes no spans and exports no traces",
      fix: "Let the Service export them: W3C trace context (traceparent, tracestate) passes through to it, and --trace-context=make begins a trace where the client sends none. Then remove the annotation",
    },
  },
  {
    names: ["use-port-in-redirects"],
    doc: "Whether redirects have the port",
    needless:
      "redirects have the port that the client asked, and those to HTTPS the one of the program's option `--ssl-redirect-port`",
  },
  {
    names: ["fastcgi-index", "fastcgi-params-configmap"],
    doc: "Details of FastCGI, which closes the paths where `backend-protocol` asks for it",
  },
  { names: ["enable-rewrite-log"], doc: "A log of rewrites" },
  {
    names: ["enable-global-auth"],
    doc: "Whether the restriction of all Ingresses (`global-auth-url` of `--nginx-config-map`) holds for this one",
    needless: "it is read where there is such a restriction",
  },
  {
    names: ["http2-push-preload"],
    doc: "Pushing by HTTP/2",
    needless: "browsers take nothing that is pushed any longer",
  },
];
