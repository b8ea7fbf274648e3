import { parseCount } from "./parse-count.ts";

/** How many intermediate authorities a certificate may have: `0` is 1, as where nothing is said; undefined where the text is not a number. */
export function verifyDepth(text: string): number | undefined {
  const count = parseCount(text);
  return count === 0 ? 1 : count;
}
