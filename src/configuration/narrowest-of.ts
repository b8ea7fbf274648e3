import type { Family } from "#src/ip/address.ts";
import type { IpRange } from "#src/ip/range.ts";
import { widestPrefix } from "#src/ip/widest-prefix.ts";

/** The range of a family whose widest network is the narrowest of all, and the prefix length of that network. */
export function narrowestOf(
  ranges: readonly IpRange[],
  family: Family,
): { readonly range: IpRange; readonly length: number } | undefined {
  let found: { readonly range: IpRange; readonly length: number } | undefined;
  for (const range of ranges) {
    if (range.family !== family) continue;
    const length = widestPrefix(range);
    if (found === undefined || length > found.length) found = { range, length };
  }
  return found;
}
