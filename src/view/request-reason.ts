import type { CertificateRefusal } from "#src/filters/client-certificate.ts";
import type { FilterAnswer } from "#src/filters/filter-answer.ts";
import type { RouteRefusal } from "#src/routing/route.ts";

/** Why the ingress would answer a request itself: those of the reasons of its access log (docs/errors.md) that can be known beforehand. */
export type RequestReason =
  | RouteRefusal
  | NonNullable<FilterAnswer["reason"]>
  | CertificateRefusal
  | "method-not-allowed"
  | "blocked"
  | "unauthorized"
  | "token-missing"
  | "token-ambiguous"
  | "closed-secret";

interface RefusalText {
  readonly status: number;
  /** Begins after `the request is answered STATUS: `. */
  readonly why: string;
  /** A whole sentence; empty where the step says it. */
  readonly fix: string;
}

/** What each of them means for a person who asks about one request. */
export const REFUSAL_TEXTS: Readonly<Record<RequestReason, RefusalText>> = {
  "bad-host": {
    status: 400,
    why: "the Host field is not a host name or an address",
    fix: "Ask for a host name or an address, with a port or without.",
  },
  "bad-path": {
    status: 400,
    why: "the path can be read in more than one way, and one of them is not what its rule is for",
    fix: "Ask for the path without dot segments, encoded slashes and backslashes.",
  },
  "target-too-long": {
    status: 414,
    why: "the path takes too many steps to be compared with the regular expressions of the host",
    fix: "Make the expressions of the host simpler, or write paths as Prefix.",
  },
  "no-route": { status: 404, why: "no rule of any Ingress matches the host and path", fix: "" },
  "no-service": { status: 503, why: "the Service, or its port, does not exist", fix: "" },
  "no-endpoint": { status: 503, why: "the Service has no endpoint that is ready", fix: "" },
  "closed-restriction": {
    status: 503,
    why: "its Ingress restricts who may come in, in a way that Hawser does not have",
    fix: "",
  },
  "closed-unsupported": { status: 503, why: "its Ingress asks for what Hawser does not have", fix: "" },
  "closed-unreadable": { status: 503, why: "the rule cannot be read", fix: "" },
  "closed-policy": { status: 503, why: "an HTTPPolicy for the path cannot be served", fix: "" },
  "closed-secret": { status: 503, why: "the Secret with names and passwords cannot be used", fix: "" },
  "token-missing": {
    status: 401,
    why: "the policy asks for a token, and the request has none",
    fix: "Ask with a token of the issuer.",
  },
  "token-ambiguous": {
    status: 400,
    why: "the request has several tokens, or two fields where one is",
    fix: "Ask with one token.",
  },
  "address-denied": {
    status: 403,
    why: "the client's address is denied",
    fix: "Ask from another network, or change denylist-source-range of the Ingress.",
  },
  "address-not-allowed": {
    status: 403,
    why: "the client's address is in none of the allowed networks",
    fix: "Ask from one of these networks, or add the client's to allowlist-source-range of the Ingress.",
  },
  "rate-limited": {
    status: 503,
    why: "the client has sent more requests than it may",
    fix: "Raise limit-rps or limit-rpm of the Ingress, or exempt the client with limit-allowlist.",
  },
  "connections-limited": {
    status: 503,
    why: "the client has as many requests open as it may",
    fix: "Raise limit-connections of the Ingress, or exempt the client with limit-allowlist.",
  },
  blocked: {
    status: 403,
    why: "ingress-nginx's ConfigMap blocks such requests",
    fix: "Ask as another client, or change block-cidrs, block-user-agents or block-referers.",
  },
  "method-not-allowed": {
    status: 405,
    why: "Hawser forwards neither CONNECT nor TRACE",
    fix: "Ask with another method.",
  },
  "client-certificate-missing": {
    status: 400,
    why: "the host asks for a client certificate",
    fix: "Ask with a client certificate, by https.",
  },
  "client-certificate-bad": {
    status: 400,
    why: "the host does not accept the certificate of the client",
    fix: "Ask with a certificate of the authorities that the host names.",
  },
  "client-certificate-denied": {
    status: 403,
    why: "the host does not accept the subject of the client's certificate",
    fix: "Ask with a certificate whose subject auth-tls-match-cn matches.",
  },
  misdirected: {
    status: 421,
    why: "the connection was opened for another host",
    fix: "Ask on a connection for the host of the request.",
  },
  unauthorized: {
    status: 401,
    why: "name and password are missing or wrong",
    fix: 'Give them: --header "Authorization: Basic $(printf NAME:PASSWORD | base64)".',
  },
};
