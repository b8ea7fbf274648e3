import type { RequestTemplate, TemplatePart, TemplateVariable } from "#src/model/annotations/request-template.ts";
import { readBasicCredentials } from "./basic-credentials.ts";
import { queryText } from "./query-text.ts";
import type { TemplateRequest } from "./template-request.ts";

/** A template with the values of a request, as a part of a URL: visible ASCII, all else as escapes of its bytes. */
export function expandUrl(template: RequestTemplate, request: TemplateRequest): string {
  return template.map((part) => visible(valueOf(part, request))).join("");
}

/** A template with the values of a request, as the value of a header field: what none can have is left out. */
export function expandField(template: RequestTemplate, request: TemplateRequest): string {
  const text = template.map((part) => valueOf(part, request)).join("");
  return text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "").trim();
}

/** The values of a template, so that no two requests with other values have the same. */
export function expandKey(template: RequestTemplate, request: TemplateRequest): string {
  return JSON.stringify(template.map((part) => valueOf(part, request)));
}

/** Text as a component of a query: each byte that is not unreserved (RFC 3986 section 2.3) as an escape. */
export function escapeComponent(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9\-._~]/g, escape);
}

function visible(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, escape);
}

function escape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

function valueOf(part: TemplatePart, request: TemplateRequest): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "variable":
      return VARIABLES[part.name](request);
    case "field":
      return request.field(part.name);
    case "cookie":
      return cookieOf(request.field("cookie"), part.name);
    default:
      return argumentOf(queryOf(request), part.name);
  }
}

const VARIABLES: Readonly<Record<TemplateVariable, (request: TemplateRequest) => string>> = {
  host: ({ host }) => host,
  http_host: ({ hostField }) => hostField,
  best_http_host: ({ hostField }) => hostField,
  server_name: ({ host }) => host,
  scheme: ({ isSecure }) => (isSecure ? "https" : "http"),
  pass_access_scheme: ({ isSecure }) => (isSecure ? "https" : "http"),
  request_method: ({ method }) => method,
  request_uri: ({ target }) => target,
  escaped_request_uri: ({ target }) => escapeComponent(target),
  uri: ({ path }) => path,
  args: queryOf,
  query_string: queryOf,
  remote_addr: ({ remoteAddress }) => remoteAddress,
  remote_user: (request) => readBasicCredentials(request.field("authorization"))?.user ?? "",
};

function queryOf({ target }: TemplateRequest): string {
  return queryText(target);
}

/** The first cookie of a name (RFC 6265 section 5.4); several fields of them are joined by commas here. */
function cookieOf(cookies: string, name: string): string {
  for (const pair of cookies.split(/[;,]/)) {
    const trimmed = pair.trim();
    if (trimmed.startsWith(`${name}=`)) return trimmed.slice(name.length + 1);
  }
  return "";
}

/** The first argument of a name, as it was written; names in any case, as in nginx. */
function argumentOf(query: string, name: string): string {
  const wanted = `${name.toLowerCase()}=`;
  const pair = query.split("&").find((one) => one.toLowerCase().startsWith(wanted));
  return pair === undefined ? "" : pair.slice(wanted.length);
}
