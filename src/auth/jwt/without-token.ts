import { cookiePairs } from "#src/auth/cookie-pairs.ts";
import type { TokenPlace } from "./find-token.ts";

/** How a request goes on without its token: fields that do not pass, and what is written in their place. */
export interface TokenRemoval {
  readonly removes: readonly string[];
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Takes a token out of the places where it was found. Other cookies pass. */
export function withoutToken(places: readonly TokenPlace[], cookieFields: readonly string[]): TokenRemoval {
  const headers = places.flatMap(({ kind, name }) => (kind === "header" ? [name] : []));
  const cookies = places.flatMap(({ kind, name }) => (kind === "cookie" ? [name] : []));
  if (cookies.length === 0) return { removes: headers, fields: [] };
  const isToken = (pair: string) => cookies.some((name) => pair.startsWith(`${name}=`));
  const left = cookiePairs(cookieFields)
    .filter((pair) => !isToken(pair))
    .join("; ");
  return { removes: [...headers, "cookie"], fields: left === "" ? [] : [["Cookie", left]] };
}
