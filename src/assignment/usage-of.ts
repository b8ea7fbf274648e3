import { type Ip, printIp } from "#src/ip/address.ts";
import type { AddressTable } from "./choose.ts";
import { freeIn, type PoolIndex, spaceOf, spacesOf } from "./pool-space.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { Assignment, PoolUsage } from "./snapshot.ts";

/** Addresses of one Service that no pool contains, and the pools that it was given addresses from. */
export interface Orphans {
  readonly addresses: readonly Ip[];
  readonly pools: readonly string[];
}

/** What a Service has by a decision and no pool contains; undefined where there is nothing. */
export function orphansOf(index: PoolIndex, assignment: Assignment): Orphans | undefined {
  const { kind, pool } = assignment;
  if (pool === undefined || kind === "ignore") return undefined;
  const orphans = ownAddresses(assignment).filter((ip) => spaceOf(index, ip) === undefined);
  return orphans.length === 0 ? undefined : { addresses: orphans, pools: pool.split(",") };
}

/**
 * How full the pools are, as declared. Orphaned addresses of pools that no longer exist are counted under the name "" at the
 * end, once for each family that has some. O(spaces and orphaned addresses).
 */
export function usageOf({ index, inUse }: AddressTable, orphans: Iterable<Orphans>): PoolUsage[] {
  const orphaned = countOrphans(index, orphans);
  const countOf = (pool: string, family: string): number => orphaned.get(`${family} ${pool}`)?.size ?? 0;
  const usages = spacesOf(index).map((space): PoolUsage => {
    const { pool, family, size, used, assigned, excluded, isResting } = space;
    const inFamily = inUse.byAddress[family];
    const resting = [...isResting].filter((value) => !inFamily.has(value)).length;
    const counts = { free: freeIn(space), orphaned: countOf(pool.name, family), resting, excluded };
    return { pool: pool.name, family, size, used, assigned, ...counts };
  });
  const elsewhere = (["ipv4", "ipv6"] as const).flatMap((family): PoolUsage[] => {
    const count = countOf("", family);
    const none = { size: 0n, used: 0, assigned: 0, free: 0n, resting: 0, excluded: 0n };
    return count === 0 ? [] : [{ pool: "", family, ...none, orphaned: count }];
  });
  return [...usages, ...elsewhere];
}

/** Addresses by family and pool; where a Service names several pools, they count for the first that has no such range. */
function countOrphans(index: PoolIndex, orphans: Iterable<Orphans>): ReadonlyMap<string, ReadonlySet<string>> {
  const counts = new Map<string, Set<string>>();
  for (const { addresses, pools } of orphans)
    for (const ip of addresses) {
      const known = pools.find((name) => index.byName.get(name)?.[ip.family] !== undefined) ?? "";
      const key = `${ip.family} ${known}`;
      const texts = counts.get(key) ?? new Set();
      counts.set(key, texts.add(printIp(ip)));
    }
  return counts;
}
