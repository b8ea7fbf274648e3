import { cookiePairs } from "#src/auth/cookie-pairs.ts";
import { pairValues } from "#src/auth/pair-values.ts";
import { queryText } from "#src/auth/query-text.ts";
import type { TokenPlaces } from "#src/model/policies/token-places.ts";

/** Where a token was found. */
export type TokenPlace = { readonly kind: "header" | "cookie" | "param"; readonly name: string };

/** What a request has: no token, one, or several that differ, of which the endpoint could take another one. */
export type FoundToken =
  | { readonly kind: "none" }
  | { readonly kind: "many" }
  | { readonly kind: "one"; readonly token: string; readonly places: readonly TokenPlace[] };

interface TokenRequest {
  /** The values of a header field (its name in lower case). */
  valuesOf(name: string): readonly string[];
  /** Path and query. */
  readonly target: string;
}

/** Looks for a token in each of the places. */
export function findToken({ headers, cookies, params }: TokenPlaces, request: TokenRequest): FoundToken {
  const found: { readonly token: string; readonly place: TokenPlace }[] = [];
  for (const { name, prefix } of headers) {
    const values = request.valuesOf(name);
    const tokens = values.flatMap((value) => withoutPrefix(value, prefix) ?? []);
    // Of two fields the endpoint could take the other one, whatever it is.
    if (tokens.length > 0 && values.length > 1) return { kind: "many" };
    found.push(...tokens.map((token) => ({ token, place: { kind: "header", name } as const })));
  }
  const pairs = cookies.length === 0 ? [] : cookiePairs(request.valuesOf("cookie"));
  for (const name of cookies) found.push(...pairValues(pairs, name).map((token) => of(token, "cookie", name)));
  // A token has no character that would be escaped.
  const query =
    params.length === 0
      ? []
      : queryText(request.target)
          .split("&")
          .map((pair) => pair.trim());
  for (const name of params) found.push(...pairValues(query, name).map((token) => of(token, "param", name)));
  const [first] = found;
  if (first === undefined) return { kind: "none" };
  if (found.some(({ token }) => token !== first.token)) return { kind: "many" };
  return { kind: "one", token: first.token, places: found.map(({ place }) => place) };
}

function of(token: string, kind: TokenPlace["kind"], name: string) {
  return { token, place: { kind, name } };
}

/** The letters of a prefix count in any case, as those of an authentication scheme do (RFC 9110 section 11.1). */
function withoutPrefix(value: string, prefix: string): string | undefined {
  return value.slice(0, prefix.length).toLowerCase() === prefix ? value.slice(prefix.length).trim() : undefined;
}
