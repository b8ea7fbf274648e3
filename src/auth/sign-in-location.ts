import type { RequestTemplate } from "#src/model/annotations/request-template.ts";
import { escapeComponent, expandUrl } from "./expand-url.ts";
import type { TemplateRequest } from "./template-request.ts";

/** Where a client signs in. */
export interface SignIn {
  readonly url: RequestTemplate;
  /** The argument that gets the address to come back to. */
  readonly redirectParam: string;
}

/**
 * The URL to which a client is sent to sign in, with the address to come back to, unless the URL says one itself: as
 * ingress-nginx does it.
 */
export function signInLocation({ url, redirectParam }: SignIn, request: TemplateRequest): string {
  const location = expandUrl(url, request);
  const written = url.map((part) => (part.kind === "text" ? part.text : "x")).join("");
  const [, query = ""] = /\?([^#]*)/.exec(written) ?? [];
  if (query.split("&").some((one) => one.startsWith(`${redirectParam}=`))) return location;
  const scheme = request.isSecure ? "https" : "http";
  // A host may have letters that mean something in a query.
  const host = request.authority.replaceAll(/[^A-Za-z0-9\-._~:[\]]/g, escapeComponent);
  const back = `${scheme}://${host}${escapeComponent(request.target)}`;
  return `${location}${query === "" ? "?" : "&"}${redirectParam}=${back}`;
}
