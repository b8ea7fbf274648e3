import type { Family } from "#src/ip/address.ts";
import { type IpRange, printRange } from "#src/ip/range.ts";
import { child, quote } from "#src/model/field.ts";
import { type BgpParts, complainOfMisfit } from "./bgp-parts.ts";
import { narrowestOf } from "./narrowest-of.ts";

/** Warns of advertisements whose routes have more addresses than a range of their pools. One Problem for each family. */
export function complainOfAggregation({ advertisements, rangesOf }: BgpParts): void {
  const narrowest = {
    ipv4: narrowestByPool(rangesOf, "ipv4"),
    ipv6: narrowestByPool(rangesOf, "ipv6"),
  };
  for (const { rule, field } of advertisements) {
    const lengths = [
      { family: "ipv4", key: "aggregationLength", length: rule.aggregationLength, longest: 32 },
      { family: "ipv6", key: "aggregationLengthV6", length: rule.aggregationLengthV6, longest: 128 },
    ] as const;
    for (const { family, key, length, longest } of lengths) {
      const found = length === longest ? undefined : narrowestIn(rule.pools, narrowest[family]);
      if (found === undefined || length >= found.length) continue;
      complainOfMisfit(child(field, key), {
        what: `Cannot use ${key} ${length} for pool ${quote(found.pool)}`,
        why: `a route of that length has more addresses than ${printRange(found.range)}, whose widest network is a /${found.length}`,
        fix: `Write a number from ${found.length} to ${longest}`,
      });
    }
  }
}

/** A range of a pool, and the prefix length of its widest network. */
interface Narrowest {
  readonly pool: string;
  readonly range: IpRange;
  readonly length: number;
}

function narrowestByPool(rangesOf: BgpParts["rangesOf"], family: Family): ReadonlyMap<string, Narrowest> {
  const found = new Map<string, Narrowest>();
  for (const [pool, ranges] of rangesOf) {
    const narrowest = narrowestOf(ranges, family);
    if (narrowest !== undefined) found.set(pool, { pool, ...narrowest });
  }
  return found;
}

function narrowestIn(pools: readonly string[], byPool: ReadonlyMap<string, Narrowest>): Narrowest | undefined {
  let found: Narrowest | undefined;
  for (const pool of pools) {
    const narrowest = byPool.get(pool);
    if (narrowest !== undefined && narrowest.length > (found?.length ?? -1)) found = narrowest;
  }
  return found;
}
