import { lowerBound } from "#src/collections/lower-bound.ts";
import type { Family, Ip } from "#src/ip/address.ts";
import type { IpRange } from "#src/ip/range.ts";
import { type Pool, whyClosed } from "./pool.ts";

type PoolAddresses = Pick<Pool, "name" | "ranges" | "excluded" | "avoidBuggyIps">;

/** Finds the pool that may assign an address, in a few steps however many ranges there are; undefined where none does, or it excludes it. */
export function assigningPools(pools: readonly PoolAddresses[]): (ip: Ip) => string | undefined {
  const sorted = { ipv4: rangesOf(pools, "ipv4"), ipv6: rangesOf(pools, "ipv6") };
  return (ip) => {
    const ranges = sorted[ip.family];
    const found = ranges[lowerBound(ranges, ({ range }) => range.last < ip.value)];
    const isIn = found !== undefined && found.range.first <= ip.value && whyClosed(found.pool, ip) === undefined;
    return isIn ? found.pool.name : undefined;
  };
}

interface RangeOfPool {
  readonly range: IpRange;
  readonly pool: PoolAddresses;
}

/** No two ranges of pools overlap. */
function rangesOf(pools: readonly PoolAddresses[], wanted: Family): readonly RangeOfPool[] {
  return pools
    .flatMap((pool) => pool.ranges.map((range) => ({ range, pool })))
    .filter(({ range }) => range.family === wanted)
    .sort((left, right) => (left.range.first < right.range.first ? -1 : 1));
}
