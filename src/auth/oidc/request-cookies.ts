import { cookiePairs } from "#src/auth/cookie-pairs.ts";

/** Cookies of a request, by name; of two with one name none counts, because it is not known which of them is whose. */
export type RequestCookies = ReadonlyMap<string, string>;

/** More than browsers keep for a host (RFC 6265 section 6.1). */
const MAX_COOKIES = 256;

/** The cookies of one sign-in (`cookieBase`) in the values of Cookie (RFC 6265 section 5.4). */
export function requestCookies(values: readonly string[], base: string): RequestCookies {
  const found = new Map<string, string>();
  const twice = new Set<string>();
  for (const pair of cookiePairs(values).slice(0, MAX_COOKIES)) {
    const { name, value } = split(pair);
    if (!isOwn(name, base)) continue;
    if (found.has(name)) twice.add(name);
    found.set(name, value);
  }
  for (const name of twice) found.delete(name);
  return found;
}

/** The value of Cookie without those of a sign-in; empty where no other is left. */
export function withoutCookies(values: readonly string[], base: string): string {
  return cookiePairs(values)
    .filter((pair) => !isOwn(split(pair).name, base))
    .join("; ");
}

function isOwn(name: string, base: string): boolean {
  const [, own = ""] = /^__(?:Host|Secure)-(.*)$/.exec(name) ?? [];
  return own === base || own.startsWith(`${base}-`);
}

function split(pair: string): { readonly name: string; readonly value: string } {
  const equals = pair.indexOf("=");
  if (equals === -1) return { name: "", value: pair };
  return { name: pair.slice(0, equals).trimEnd(), value: pair.slice(equals + 1).trimStart() };
}
