import { expandField, expandUrl } from "./expand-url.ts";
import type { ExternalAuth } from "./external-auth.ts";
import type { QuestionHeaders } from "./parse-question-headers.ts";
import { sameHeaderName } from "./same-header-name.ts";
import { hostFieldOf } from "./host-field-of.ts";
import type { TemplateRequest } from "./template-request.ts";

/** A request as it is shown to the service that says whether it may come in. */
export interface QuestionedRequest extends TemplateRequest {
  /** The client's header fields in their order, without those that are for one hop only or that claim to come from a proxy. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly hops: number;
}

/** What the service is asked. */
export interface AuthQuestion {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/**
 * Fields of the client that the question does not have: it has no body, it is never conditional or partial, and those that
 * ingress-nginx writes are written here.
 */
const LEFT_OUT =
  /^(?:host|content-length|content-encoding|transfer-encoding|expect|if-.*|range|x-sent-from|x-auth-request-redirect|x-original-.*|x-hawser-hops|ssl-client-(?:cert|verify|subject-dn|issuer-dn))$/;

/**
 * The question about a request: its header fields without its body, and what it was asked for in X-Original-URL,
 * X-Original-Method and their relatives, as ingress-nginx sends them. The path is the one that rules and endpoint see.
 */
export function authQuestion(
  auth: ExternalAuth,
  request: QuestionedRequest,
  /** Those that its ConfigMap names; they win over all others of their names. */
  headers: QuestionHeaders = [],
): AuthQuestion {
  const { url, method, requestRedirect } = auth;
  const { scheme, port } = url;
  const host = url.host ?? request.host;
  const from = request.isSecure ? "https" : "http";
  const own: (readonly [string, string])[] = [
    ["Host", hostFieldOf({ host: url.host ?? request.host, scheme, port })],
    ["X-Original-URL", `${from}://${request.hostField}${request.target}`],
    ["X-Original-URI", request.target],
    ["X-Original-Method", request.method],
    ["X-Sent-From", "hawser"],
    ["X-Real-IP", request.remoteAddress],
    ["X-Forwarded-For", request.remoteAddress],
    ["X-Forwarded-Host", request.hostField],
    ["X-Forwarded-Proto", from],
    ["X-Forwarded-Method", request.method],
    ["X-Forwarded-Uri", request.target],
    ["X-Scheme", from],
    ["X-Auth-Request-Redirect", requestRedirect === undefined ? request.target : expandUrl(requestRedirect, request)],
    // A service that sends its question through Hawser must not be asked about that again and again.
    ["X-Hawser-Hops", String(request.hops + 1)],
  ];
  const set = headers.map(([name, value]) => [name, expandField(value, request)] as const);
  const isSet = new Set(set.map(([name]) => sameHeaderName(name)));
  const isOther = ([name]: readonly [string, string]) => !isSet.has(sameHeaderName(name));
  const kept = request.fields.filter((field) => !LEFT_OUT.test(field[0].toLowerCase()) && isOther(field));
  const length = method === "POST" || method === "PUT" || method === "PATCH" ? [["Content-Length", "0"] as const] : [];
  return {
    scheme,
    host,
    port,
    method,
    target: expandUrl(url.target, request),
    fields: [...own.filter(isOther), ...kept, ...set, ...length],
  };
}
