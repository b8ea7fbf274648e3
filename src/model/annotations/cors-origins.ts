/** The origins that may read answers: any, or those that match one of some patterns. */
export type CorsOrigins = "any" | readonly OriginPattern[];

/** An origin in lower case, such as `https://shop.example.com`; where it has a `*`, the text before and after that. */
export interface OriginPattern {
  /** Undefined: of any scheme. */
  readonly scheme: string | undefined;
  /** Host and port, up to the `*` if there is one. */
  readonly before: string;
  /** What follows the `*`, which stands for one label or a part of one. Undefined where there is none. */
  readonly after: string | undefined;
}

const PATTERN = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([a-z0-9.-]*)(?:(\*)([a-z0-9.-]*))?(:\d{1,5})?$/;
const LABEL = /^[a-z0-9-]+$/;

/** The pattern of one origin; undefined where the text is not one. `*` alone is none either: that is any origin. */
export function parseOrigin(text: string): OriginPattern | undefined {
  const match = PATTERN.exec(text.toLowerCase());
  if (match === null) return undefined;
  const [, scheme, host = "", star, rest = "", port = ""] = match;
  if (host + rest === "") return undefined;
  return star === undefined
    ? { scheme, before: host + port, after: undefined }
    : { scheme, before: host, after: rest + port };
}

/** Whether an origin, as the field Origin of a request gives it, is one of these. */
export function allowsOrigin(origins: CorsOrigins, origin: string): boolean {
  if (origins === "any") return true;
  const text = origin.toLowerCase();
  const at = text.indexOf("://");
  if (at === -1) return false;
  const [scheme, host] = [text.slice(0, at), text.slice(at + 3)];
  return origins.some((pattern) => (pattern.scheme ?? scheme) === scheme && matchesHost(pattern, host));
}

function matchesHost({ before, after }: OriginPattern, host: string): boolean {
  if (after === undefined) return host === before;
  if (!host.startsWith(before) || !host.endsWith(after)) return false;
  return LABEL.test(host.slice(before.length, host.length - after.length));
}
