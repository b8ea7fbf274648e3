import { commaList } from "#src/model/comma-list.ts";

/** The origins whose pages may read answers: any, or some. */
export type CorsOrigins = "any" | ListedOrigins;

/** Origins in lower case. */
export interface ListedOrigins {
  /** Such as `https://shop.example.com:8443`, or `null`. */
  readonly exact: ReadonlySet<string>;
  /** With any one label between these two texts: `https://` and `.example.com`. */
  readonly wildcards: readonly { readonly before: string; readonly after: string }[];
}

const ORIGIN = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)(?<star>\*(?=\.))?(?<host>[a-z0-9.-]+(?::\d{1,5})?)$/;
/** RFC 1035 section 3.1. */
const LABEL = /^[a-z0-9-]{1,63}$/;
/** Of one list. */
const MAX_ORIGINS = 256;

/**
 * Reads a list of origins with commas, as ingress-nginx does: a `*` among them is any origin, and one that cannot be read is left
 * out (`unread`), as are those beyond 256.
 */
export function parseCorsOrigins(text: string): { readonly origins: CorsOrigins; readonly unread: readonly string[] } {
  const texts = commaList(text);
  if (texts.includes("*")) return { origins: "any", unread: [] };
  const unread = texts.filter((one, index) => index >= MAX_ORIGINS || !isOrigin(one.toLowerCase()));
  const read = texts.filter((one) => !unread.includes(one)).map((one) => one.toLowerCase());
  const wildcards = read
    .map((one) => one.split("*"))
    .flatMap(([before = "", after]) => (after === undefined ? [] : [{ before, after }]));
  return { origins: { exact: new Set(read.filter((one) => !one.includes("*"))), wildcards }, unread };
}

function isOrigin(text: string): boolean {
  return text === "null" || ORIGIN.test(text);
}

/** Whether an origin, as the field Origin of a request gives it, is one of these. */
export function isListedOrigin({ exact, wildcards }: ListedOrigins, origin: string): boolean {
  const text = origin.toLowerCase();
  if (exact.has(text)) return true;
  return wildcards.some(
    ({ before, after }) =>
      text.startsWith(before) &&
      text.endsWith(after) &&
      LABEL.test(text.slice(before.length, Math.max(before.length, text.length - after.length))),
  );
}
