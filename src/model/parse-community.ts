/** The largest numbers in a standard community (RFC 1997) and in a large one (RFC 8092). */
const [MAX_STANDARD, MAX_LARGE] = [2 ** 16 - 1, 2 ** 32 - 1];

/**
 * A BGP community in its one spelling: `65000:1`, or `large:65000:1:2`. Undefined where the text is not one; it may be an
 * alias then.
 */
export function parseCommunity(text: string): string | undefined {
  const [first, ...rest] = text.split(":");
  const isLarge = first === "large";
  const numbers = isLarge ? rest : [first ?? "", ...rest];
  if (numbers.length !== (isLarge ? 3 : 2)) return undefined;
  const max = isLarge ? MAX_LARGE : MAX_STANDARD;
  if (!numbers.every((number) => /^\d{1,10}$/.test(number) && Number(number) <= max)) return undefined;
  return [...(isLarge ? ["large"] : []), ...numbers.map(Number)].join(":");
}

/** A route carries so many communities at most, in one attribute of ordinary length (255 bytes, 4 each). */
export const MAX_COMMUNITIES = 63;
