import type { Replacement } from "#src/model/annotations/parse-replacement.ts";

/** What of the values of an endpoint's fields is written otherwise for clients. */
export interface FieldRewrites {
  /** Of cookies: the whole domain, in any case and with a dot before it or without. */
  readonly cookieDomain: Replacement | undefined;
  /** Of cookies: what the path begins with. */
  readonly cookiePath: Replacement | undefined;
  /** What a URL in Location or Refresh begins with. */
  readonly location: Replacement | undefined;
}

/** The value that clients get of a field (its name in lower case) of an endpoint's answer; undefined: as it is. As nginx does it. */
export function rewriteField(rewrites: FieldRewrites, name: string, value: string): string | undefined {
  switch (name) {
    case "set-cookie":
      return rewriteCookie(rewrites, value);
    case "location":
      return rewriteUrl(rewrites.location, value, 0);
    case "refresh": {
      const at = value.toLowerCase().indexOf("url=");
      return at === -1 ? undefined : rewriteUrl(rewrites.location, value, at + "url=".length);
    }
    default:
      return undefined;
  }
}

function rewriteUrl(location: Replacement | undefined, value: string, at: number): string | undefined {
  if (location === undefined || !value.startsWith(location.from, at)) return undefined;
  return value.slice(0, at) + location.to + value.slice(at + location.from.length);
}

/** An attribute of a cookie; the first part, which is its name and value, is none. */
const ATTRIBUTE = /^(?<before>\s*(?<name>domain|path)\s*=\s*)(?<value>.*?)(?<after>\s*)$/i;

function rewriteCookie({ cookieDomain, cookiePath }: FieldRewrites, value: string): string | undefined {
  if (cookieDomain === undefined && cookiePath === undefined) return undefined;
  const [pair = "", ...attributes] = value.split(";");
  const written = attributes.map((attribute) => {
    const { before = "", name = "", value: text = "", after = "" } = ATTRIBUTE.exec(attribute)?.groups ?? {};
    if (name === "") return attribute;
    const changed = name.toLowerCase() === "path" ? changePath(cookiePath, text) : changeDomain(cookieDomain, text);
    return before + changed + after;
  });
  return [pair, ...written].join(";");
}

function changePath(path: Replacement | undefined, text: string): string {
  return path !== undefined && text.startsWith(path.from) ? path.to + text.slice(path.from.length) : text;
}

function changeDomain(domain: Replacement | undefined, text: string): string {
  if (domain === undefined) return text;
  const dot = text.startsWith(".") ? "." : "";
  const isSame = text.slice(dot.length).toLowerCase() === withoutDot(domain.from).toLowerCase();
  return isSame ? dot + withoutDot(domain.to) : text;
}

function withoutDot(domain: string): string {
  return domain.startsWith(".") ? domain.slice(1) : domain;
}
