/** What of a request may be in a URL that it is redirected to, as nginx names it. */
const URL_VARIABLES = ["scheme", "host", "http_host", "request_uri", "uri", "args", "query_string", "is_args"] as const;

export type UrlVariable = (typeof URL_VARIABLES)[number];

/** A URL, or a path, with parts of the request in it: texts of visible ASCII, and variables between them. */
export type UrlTemplate = readonly (string | { readonly variable: UrlVariable })[];

const MAX_LENGTH = 2_048;
const WITH_SCHEME = /^(?:https?|\$\{?scheme\}?):\/\/[^/?#\\]/i;
const VARIABLE = /(\$\{\w*\}|\$\w*)/;

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
  const parts = text.split(VARIABLE).filter((part) => part !== "");
  const unknown = parts.find((part) => part.startsWith("$") && variableIn(part) === undefined);
  if (unknown !== undefined)
    return { why: `${unknown} is not one of ${URL_VARIABLES.map((name) => `$${name}`).join(", ")}` };
  return parts.map((part) => {
    const variable = part.startsWith("$") ? variableIn(part) : undefined;
    return variable === undefined ? part : { variable };
  });
}

function variableIn(part: string): UrlVariable | undefined {
  const name = part.replace(/^\$\{?(\w*)\}?$/, "$1");
  return URL_VARIABLES.find((one) => one === name);
}
