import type { AnnotationRecord } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { INSTEAD } from "./instead.ts";

/** What HAProxy Ingress, Higress and Voyager have besides, or older versions of ingress-nginx had. */
export const NGINX_RELATIVES: readonly AnnotationRecord[] = [
  {
    names: ["allow-list", "whitelist"],
    doc: "Networks whose clients may come in",
    risks: [{ effect: "restriction", asks: ASKS.leavesOut }],
    instead: INSTEAD.allow,
  },
  {
    names: ["blacklist", "blacklist-source-range", "blocklist-source-range", "deny-list"],
    doc: "Networks whose clients may not come in",
    risks: [{ effect: "restriction" }],
    instead: INSTEAD.deny,
  },
  { names: ["auth-tls-cert-header"], doc: "A detail of client certificates", risks: [{ effect: "ignored" }] },
  {
    names: ["oauth"],
    doc: "Clients have to sign in",
    risks: [{ effect: "restriction", asks: ASKS.on }],
    instead: INSTEAD.external,
  },
  {
    names: ["rate-limit-period", "rate-limit-size", "rate-limit-status-code"],
    doc: "Details of limits",
    risks: [{ effect: "ignored" }],
  },
  {
    names: ["rate-limit*"],
    doc: "How many requests one client may have",
    risks: [{ effect: "restriction", asks: ASKS.notZero }],
    instead: INSTEAD.rate,
  },
  {
    names: ["block-*", "enable-csrf*", "waf", "waf-mode"],
    doc: "Which requests are let through",
    risks: [{ effect: "restriction", asks: ASKS.on }],
  },
  {
    names: ["wallarm-mode"],
    doc: "A firewall for requests",
    risks: [{ effect: "restriction", asks: (value) => /block/i.test(value) }],
  },
  {
    names: ["configuration-snippets", "location-snippet", "location-snippets"],
    doc: "Configuration of nginx for the paths",
    risks: [{ effect: "snippet" }],
  },
  {
    names: ["server-snippets", "stream-snippets"],
    doc: "Configuration of nginx for the hosts",
    risks: [{ effect: "snippet" }],
    scope: "host",
  },
  {
    names: ["backend", "frontend", "tcp", "tcp-service", "proxy"].flatMap((part) => [
      `config-${part}`,
      `config-${part}-*`,
    ]),
    doc: "Configuration of HAProxy",
    risks: [{ effect: "restriction" }],
  },
  {
    names: ["redirect-entry-point", "redirect-regex", "redirect-replacement", "redirect-to", "request-redirect"],
    doc: "Requests are redirected to another place",
    risks: [{ effect: "reaches-other" }],
  },
  {
    names: ["path-rewrite", "set-host"],
    doc: "The path or the host that the Service is asked for",
    risks: [{ effect: "reaches-other" }],
    instead: INSTEAD.rewrite,
  },
  {
    names: ["server-protocol"],
    doc: "The protocol that the Service speaks",
    risks: [{ effect: "reaches-other", asks: ASKS.notHttp }],
  },
  {
    names: ["grpc-backend", "server-ssl", "tcp-service-port"],
    doc: "The Service speaks TLS, or another protocol than HTTP/1.1",
    risks: [{ effect: "reaches-other", asks: ASKS.on }],
  },
  { names: ["path-type", "rule-type"], doc: "How paths are compared", risks: [{ effect: "reaches-other" }] },
  {
    names: ["redirect-from", "redirect-from-regex", "server-alias-regex"],
    doc: "Further hosts",
    risks: [{ effect: "hosts" }],
  },
];
