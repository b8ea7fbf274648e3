import type { AnnotationRecord } from "./annotation-record.ts";
import { ENDPOINT_PROTOCOL } from "./backend-protocol.ts";
import { CANARIES, UNSERVED_CANARY } from "./canary.ts";
import { DEFAULT_BACKEND } from "./default-backend.ts";
import { FORCE_SSL_REDIRECT, SSL_REDIRECT } from "./https-redirect.ts";
import { ENDPOINT_TLS } from "./endpoint-tls.ts";
import { REDIRECTS } from "./redirects.ts";
import { REWRITE_TARGET } from "./rewrite-target.ts";
import { SERVER_ALIAS } from "./server-alias.ts";
import { SSL_PASSTHROUGH } from "./ssl-passthrough.ts";
import { UPSTREAM_VHOST, X_FORWARDED_PREFIX } from "./upstream-vhost.ts";
import { USE_REGEX } from "./use-regex.ts";

/** Of ingress-nginx: what requests reach. */
export const NGINX_ROUTING: readonly AnnotationRecord[] = [
  SSL_REDIRECT,
  FORCE_SSL_REDIRECT,
  REWRITE_TARGET,
  USE_REGEX,
  ...Object.values(CANARIES),
  UNSERVED_CANARY,
  ...Object.values(REDIRECTS),
  ...Object.values(ENDPOINT_PROTOCOL),
  ...Object.values(ENDPOINT_TLS),
  SSL_PASSTHROUGH,
  UPSTREAM_VHOST,
  X_FORWARDED_PREFIX,
  SERVER_ALIAS,
  DEFAULT_BACKEND,
];
