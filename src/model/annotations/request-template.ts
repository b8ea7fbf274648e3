/** Text with variables of nginx, which each request fills. */
export type RequestTemplate = readonly TemplatePart[];

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: TemplateVariable }
  /** Of the request: a header field (in lower case, with hyphens), a cookie, or an argument of the query. */
  | { readonly kind: "field" | "cookie" | "argument"; readonly name: string };

/** What nginx knows of a request, as far as Hawser fills it in. A closed set: nothing else can be asked for. */
const TEMPLATE_VARIABLES = [
  "host",
  "http_host",
  "best_http_host",
  "server_name",
  "scheme",
  "pass_access_scheme",
  "request_method",
  "request_uri",
  "escaped_request_uri",
  "uri",
  "args",
  "query_string",
  "remote_addr",
  "remote_user",
] as const;

export type TemplateVariable = (typeof TEMPLATE_VARIABLES)[number];

/** Variables of which each request has as many as it likes, by the prefix of their names. */
const OPEN_VARIABLES = { http_: "field", cookie_: "cookie", arg_: "argument" } as const;
/** Parts of one text that are kept. */
const MAX_PARTS = 64;
const VARIABLE = /\$(?:\{(?<braced>\w+)\}|(?<plain>\w+))/g;

/** Reads a text with variables; as a text alone, why it cannot be used. */
export function parseTemplate(text: string): RequestTemplate | string {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const { braced, plain } = match.groups ?? {};
    const name = braced ?? plain ?? "";
    const part = variablePart(name);
    if (part === undefined) return `Hawser has no variable $${name}`;
    addText(parts, text.slice(end, match.index));
    parts.push(part);
    end = match.index + match[0].length;
  }
  addText(parts, text.slice(end));
  if (parts.some((part) => part.kind === "text" && part.text.includes("$"))) return "a $ begins no variable";
  return parts.length > MAX_PARTS ? `it has more than ${MAX_PARTS} parts` : parts;
}

function addText(parts: TemplatePart[], text: string): void {
  if (text !== "") parts.push({ kind: "text", text });
}

function variablePart(name: string): TemplatePart | undefined {
  const known = TEMPLATE_VARIABLES.find((variable) => variable === name);
  if (known !== undefined) return { kind: "variable", name: known };
  for (const [prefix, kind] of Object.entries(OPEN_VARIABLES)) {
    if (!name.startsWith(prefix) || name.length === prefix.length) continue;
    const rest = name.slice(prefix.length);
    return { kind, name: kind === "field" ? rest.toLowerCase().replaceAll("_", "-") : rest };
  }
  return undefined;
}
