import type { Redirect } from "#src/model/annotations/redirects.ts";
import { fillTemplate } from "#src/model/template.ts";
import { isPathTemplate, type UrlVariable } from "#src/model/url-template.ts";
import { portTextOf } from "#src/model/port-text-of.ts";
import type { FilterRequest } from "./filter-request.ts";

/** What a redirect asks of a request. */
type RedirectedRequest = Pick<FilterRequest, "isSecure" | "path" | "authority" | "visibleHost" | "target"> & {
  /** Without question mark; empty where there is none. */
  readonly query: string;
};

/**
 * Where a redirect leads this request: visible ASCII, because all parts are. A path becomes a URL of the host and port that the client
 * asked, unless it asked none.
 */
export function printRedirect({ location, isRelative }: Redirect, request: RedirectedRequest): string {
  const text = fillTemplate(location, (variable) => valueOf(variable, request));
  const isPath = isPathTemplate(location);
  if (!isPath) return text;
  // A client would take what follows two slashes for a host (RFC 3986 section 4.2), which the author of a link could choose then.
  if (isRelative || request.authority === "") return text.replace(/^\/[/\\]+/, "/");
  return `${valueOf("scheme", request)}://${request.authority}${text}`;
}

function valueOf(variable: UrlVariable, request: RedirectedRequest): string {
  return VALUES[variable](request);
}

const VALUES: Readonly<Record<UrlVariable, (request: RedirectedRequest) => string>> = {
  scheme: ({ isSecure }) => (isSecure ? "https" : "http"),
  host: ({ visibleHost }) => visibleHost ?? "",
  http_host: ({ authority }) => authority,
  is_request_port: ({ authority }) => (portTextOf(authority) === "" ? "" : ":"),
  request_port: ({ authority }) => portTextOf(authority),
  request_uri: ({ target }) => target,
  uri: ({ path }) => path,
  args: ({ query }) => query,
  query_string: ({ query }) => query,
  is_args: ({ query }) => (query === "" ? "" : "?"),
};
