import type { RouteRefusal } from "#src/routing/route.ts";

/**
 * Why Hawser answered a request with an error of its own, or why a request ended without a whole answer: the closed set
 * that is the field `reason` of the access log and the label `reason` of metrics. `status` is what the client gets where
 * nothing of an answer was sent before. The table in docs/errors.md is made of this one; a test compares the two.
 */
export const RESPONSE_REASONS = {
  "request-malformed": {
    status: 400,
    meaning: "The request head breaks the rules of HTTP/1.1, or contradicts itself.",
  },
  "request-body-malformed": {
    status: 400,
    meaning:
      "The chunked framing of the request body is broken; or it has trailers where fields of the service that says who may come in, or claims and tokens of a user, go to the endpoint, or one with the name of a field that a rule, or what holds for all, writes or removes.",
  },
  "plain-http-on-tls-port": { status: 400, meaning: "The client spoke HTTP without TLS on the port for HTTPS." },
  "bad-host": { status: 400, meaning: "The Host header or the authority of the target is not a host name or address." },
  "bad-path": { status: 400, meaning: "The path can be read in more than one way, so no rule is applied." },
  "client-certificate-missing": {
    status: 400,
    meaning: "The host asks for client certificates, and the client has shown none.",
  },
  "client-certificate-bad": {
    status: 400,
    meaning:
      "The client has shown a certificate that the host does not accept: of another authority, expired, or with too many authorities between.",
  },
  "sign-in-stale": {
    status: 400,
    meaning:
      "The browser came back from the provider of a sign-in that it has not begun here, that was begun more than 10 minutes ago, or whose cookie it has not kept.",
  },
  "token-ambiguous": {
    status: 400,
    meaning: "The policy asks for a token, and the request has several that differ, or two fields where one is.",
  },
  unauthorized: {
    status: 401,
    meaning:
      "The Ingress asks for name and password, and the request has none, or wrong ones; or the service that says who may come in answered 401.",
  },
  "sign-in-needed": {
    status: 401,
    meaning:
      "The policy asks for sign-in, and the request has no session: it was not for a page, so that its client was not sent to the provider.",
  },
  "client-certificate-denied": {
    status: 403,
    meaning:
      "The host asks for client certificates with certain subjects, and the client has shown another one, or none.",
  },
  "token-missing": { status: 401, meaning: "The policy asks for a token, and the request has none." },
  "token-invalid": {
    status: 401,
    meaning:
      "The token of the request is not one of the policy: malformed, of another issuer or for another audience, expired or not valid yet, or its signature is wrong. `WWW-Authenticate` says which.",
  },
  "auth-denied": {
    status: 403,
    meaning: "The service that the Ingress names for who may come in answered 403.",
  },
  "claims-denied": {
    status: 403,
    meaning: "The request is from a user that is known, and claims or scopes are not those that the policy asks for.",
  },
  "sign-in-denied": { status: 403, meaning: "The provider of the sign-in let the user not in (`access_denied`)." },
  "https-required": {
    status: 403,
    meaning: "The policy asks for sign-in, whose cookies go over HTTPS alone, and the request came over plain HTTP.",
  },
  "address-denied": { status: 403, meaning: "The Ingress denies requests from the client's address." },
  "address-not-allowed": {
    status: 403,
    meaning: "The Ingress allows requests from some networks, and the client's address is in none of them.",
  },
  blocked: {
    status: 403,
    meaning:
      "ingress-nginx's ConfigMap blocks the address of the client, or a `User-Agent` or `Referer` such as the request has.",
  },
  "no-route": { status: 404, meaning: "No rule of any Ingress matches the host and path." },
  "method-not-allowed": { status: 405, meaning: "The method is CONNECT or TRACE, which Hawser does not forward." },
  "request-head-timeout": { status: 408, meaning: "The client took too long to send the request head." },
  "request-body-timeout": {
    status: 408,
    meaning: "The client stopped sending the request body, or sent it too slowly.",
  },
  "request-body-too-large": { status: 413, meaning: "The request body is larger than the limit." },
  "target-too-long": {
    status: 414,
    meaning:
      "The request line is longer than the limit, or its path takes too many steps to be compared with the regular expressions of its host.",
  },
  "expectation-unknown": { status: 417, meaning: "The request expects something else than 100-continue." },
  misdirected: {
    status: 421,
    meaning:
      "The host asks for client certificates, and the connection was opened for another server name, for none, or before the host asked for them; or its TLS connections are passed on unread, and this one was opened for another server name, or before that.",
  },
  "request-head-too-large": { status: 431, meaning: "The request head has more bytes or fields than the limit." },
  "client-gone": { status: 499, meaning: "The client closed the connection before it had the whole answer." },
  "client-slow": {
    status: 499,
    meaning: "The client did not take the answer in time, and Hawser closed the connection.",
  },
  "shut-down": { status: 499, meaning: "The request was still open when the time to shut down was over." },
  "auth-unreachable": {
    status: 500,
    meaning: "The service that the Ingress names for who may come in cannot be reached, or not safely.",
  },
  "auth-failed": {
    status: 500,
    meaning:
      "The service that the Ingress names for who may come in gave an answer that is neither 2xx nor 401 or 403, or that cannot be trusted.",
  },
  "compression-failed": {
    status: 500,
    meaning: "The answer could not be compressed to its end: most likely there is no memory left.",
  },
  "session-too-large": {
    status: 500,
    meaning:
      "What a session has to keep of the claims and tokens of the user is more than four cookies can hold. The policy has to name fewer of them.",
  },
  "sign-in-failed": {
    status: 502,
    meaning:
      "The provider of the sign-in did not take the code, the client or its secret, or answered what cannot be trusted. The log says what.",
  },
  "connect-failed": {
    status: 502,
    meaning: "The endpoint refused the connection, or none could be opened for another reason than the network.",
  },
  unreachable: { status: 502, meaning: "The network reported that the endpoint or its node cannot be reached." },
  "endpoint-closed": {
    status: 502,
    meaning: "The endpoint closed or reset the connection before its answer was whole.",
  },
  "stream-refused": {
    status: 503,
    meaning:
      "The endpoint speaks HTTP/2 and said that it did not process the request (REFUSED_STREAM, or a GOAWAY that leaves it out), and it could not be sent elsewhere.",
  },
  "endpoint-untrusted": {
    status: 502,
    meaning:
      "The endpoint's certificate is not one that the Ingress accepts: of another authority or name, expired, or with too many authorities between. Nothing was sent.",
  },
  "endpoint-tls-failed": {
    status: 502,
    meaning:
      "The endpoint and Hawser found no way to speak TLS: it does not speak it, not with these versions and cipher suites, not with HTTP/2 (ALPN) where the rule asks for that, or it wants another certificate of Hawser.",
  },
  "answer-malformed": {
    status: 502,
    meaning:
      "The endpoint's answer breaks the rules of HTTP in a way that can be read differently; or it does not speak HTTP/2, and the rule says that it does.",
  },
  "answer-length-unclear": {
    status: 502,
    meaning: "The endpoint's answer says in several ways, or in an unknown one, where its body ends.",
  },
  "answer-head-too-large": {
    status: 502,
    meaning: "The head of the endpoint's answer has more bytes or fields than the limit.",
  },
  "answer-body-malformed": {
    status: 502,
    meaning: "The framing of the body of the endpoint's answer is broken, or not as long as the head says.",
  },
  "no-service": { status: 503, meaning: "The Service of the rule, or its port, does not exist." },
  "no-endpoint": { status: 503, meaning: "The Service of the rule has no endpoint that is ready." },
  "closed-restriction": {
    status: 503,
    meaning: "The Ingress restricts who may come in, in a way that Hawser does not have yet. Its paths are closed.",
  },
  "closed-unsupported": {
    status: 503,
    meaning:
      "The Ingress asks for what Hawser does not have, and without it would reach something else. The path is closed.",
  },
  "closed-unreadable": { status: 503, meaning: "The rule of this host and path cannot be read. The path is closed." },
  "closed-policy": {
    status: 503,
    meaning:
      "An HTTPPolicy that is attached to the path cannot be read, cannot be served there, or contradicts another one. The path is closed.",
  },
  "rate-limited": {
    status: 503,
    meaning:
      "The client's address has sent more requests than the Ingress lets one address send in a second or minute; another status from 400 to 599 with `--limit-status`. Or the request is beyond a limit of an HTTPPolicy: always 429, with `Retry-After`.",
  },
  "connections-limited": {
    status: 503,
    meaning:
      "The client's address has as many requests open as the Ingress lets one address have; another status with `--limit-status`.",
  },
  "closed-secret": {
    status: 503,
    meaning:
      "The Secret that the Ingress names, with names and passwords, with certificates for TLS to its endpoints, or with the authorities of its clients, or that its policy names for sign-in, does not exist or cannot be read. Its paths are closed.",
  },
  "closed-headers": {
    status: 503,
    meaning:
      "The question to the service that says who may come in has header fields of a ConfigMap, which does not exist or cannot be used. The paths are closed.",
  },
  "access-busy": {
    status: 503,
    meaning: "Too many requests wait to learn whether they may come in.",
  },
  "access-timeout": {
    status: 503,
    meaning: "It took too long to find out whether the request may come in.",
  },
  "provider-unreachable": {
    status: 503,
    meaning:
      "The provider of the sign-in cannot be reached, not safely, or does not say where its pages are. Clients with a session go on.",
  },
  "jwks-unavailable": {
    status: 503,
    meaning:
      "The keys of the issuer of the token were never fetched, or the object that has them does not exist or cannot be read.",
  },
  loop: {
    status: 508,
    meaning: "Hawser has forwarded the request 8 times already: an endpoint of the Service leads back to Hawser.",
  },
  "deadline-exceeded": {
    status: 504,
    meaning: "The time was over that the client of gRPC gave the request (`grpc-timeout`).",
  },
  "connect-timeout": { status: 504, meaning: "The endpoint did not accept a connection in time." },
  "endpoint-silent": { status: 504, meaning: "The endpoint's node acknowledged nothing: it is dead, or cut off." },
  "answer-timeout": { status: 504, meaning: "The endpoint sent nothing for too long." },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly meaning: string }>>;

/** Why Hawser answered a request itself, or why it ended without a whole answer. */
export type ResponseReason = keyof typeof RESPONSE_REASONS;

/** All reasons, in the order of the table. */
export const REASON_LIST = Object.keys(RESPONSE_REASONS) as readonly ResponseReason[];

/** The reason for what the route table refused. They have the same names, and the compiler proves that none is missing. */
export function refusalReason(refusal: RouteRefusal): ResponseReason {
  return refusal;
}
