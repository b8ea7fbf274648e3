import type { RequestCookies } from "./request-cookies.ts";

/** Letters of one cookie's value: browsers take 4,096 bytes with its name and attributes (RFC 6265 section 6.1). */
const CHUNK_LETTERS = 3_700;
/** More would not fit into the head of a request. */
const MAX_CHUNKS = 4;

/**
 * A text as the values of cookies `NAME`, `NAME-1`, ...; the first begins with how many there are. Undefined where they would be too
 * many.
 */
export function splitIntoCookies(text: string, name: string): readonly (readonly [string, string])[] | undefined {
  const count = Math.max(1, Math.ceil(text.length / CHUNK_LETTERS));
  if (count > MAX_CHUNKS) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const part = text.slice(index * CHUNK_LETTERS, (index + 1) * CHUNK_LETTERS);
    return [chunkName(name, index), index === 0 ? `${count}.${part}` : part] as const;
  });
}

/** The text that cookies have together; undefined where there is none, or a part is missing. Whether the parts belong together its seal says. */
export function joinCookies(cookies: RequestCookies, name: string): string | undefined {
  const first = cookies.get(name);
  const [, digit = ""] = /^([1-9])\./.exec(first ?? "") ?? [];
  const count = Number(digit);
  if (first === undefined || digit === "" || count > MAX_CHUNKS) return undefined;
  const parts = Array.from({ length: count }, (_, index) => cookies.get(chunkName(name, index)));
  return parts.includes(undefined) ? undefined : parts.join("").slice(2);
}

/** The names of all cookies that a text may have. */
export function chunkNames(name: string): readonly string[] {
  return Array.from({ length: MAX_CHUNKS }, (_, index) => chunkName(name, index));
}

function chunkName(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index}`;
}
