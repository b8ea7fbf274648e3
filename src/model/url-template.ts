import { readTemplate, type Template } from "./template.ts";

/** What of a request may be in a URL that it is redirected to, as nginx names it. */
const URL_VARIABLES = [
  "scheme",
  "host",
  "http_host",
  "is_request_port",
  "request_port",
  "request_uri",
  "uri",
  "args",
  "query_string",
  "is_args",
] as const;

export type UrlVariable = (typeof URL_VARIABLES)[number];

/** A URL, or a path, with parts of the request in it: texts of visible ASCII, and variables between them. */
export type UrlTemplate = Template<UrlVariable>;

const MAX_LENGTH = 2_048;
const WITH_SCHEME = /^(?:https?|\$\{?scheme\}?):\/\/[^/?#\\]/i;

/** Whether a template is a path of the host that the client asked, and no URL. */
export function isPathTemplate([first]: UrlTemplate): boolean {
  return typeof first === "string" && first.startsWith("/");
}

/** Reads a URL of http or https, or a path that begins with one slash; or says why it cannot be used: a sentence without its end. */
export function parseUrlTemplate(text: string): UrlTemplate | { readonly why: string } {
  if (text.length > MAX_LENGTH) return { why: `it has more than ${MAX_LENGTH} characters` };
  if (!/^[\x21-\x7e]+$/.test(text) || text.includes("\\"))
    return { why: "it has a blank, a backslash or a character that is not ASCII" };
  if (!WITH_SCHEME.test(text) && !/^\/(?!\/)/.test(text))
    return { why: "it begins neither with http://, https:// or $scheme://, nor with one /" };
  const read = readTemplate(text, URL_VARIABLES);
  if (!("unknown" in read)) return read;
  return { why: `${read.unknown} is not one of ${URL_VARIABLES.map((name) => `$${name}`).join(", ")}` };
}
