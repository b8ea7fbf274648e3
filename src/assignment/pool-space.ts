import { type Family, type Ip, parseIp } from "#src/ip/address.ts";
import { type IpRange, rangeSize } from "#src/ip/range.ts";
import { withoutReserved } from "#src/ip/reserved-use.ts";
import { avoids, type Pool } from "#src/model/pool.ts";
import type { AssignmentSnapshot } from "./snapshot.ts";

/** How long a freed address is skipped while others are free: neighbours may still have it in their caches. */
export const REST_MS = 120_000;

/** The addresses of a pool in one family, and how far the search for a free one has come. */
export interface PoolSpace {
  readonly pool: Pool;
  readonly family: Family;
  /** Those of the pool, without what is reserved (loopback, multicast, ...). */
  readonly ranges: readonly IpRange[];
  /** Addresses that may be assigned. */
  readonly size: bigint;
  /** Addresses in use, after adoption. */
  used: number;
  /** Resting addresses, the one that rests longest first. */
  resting: bigint[];
  isResting: Set<bigint>;
  /** All resting addresses before this place are in use again. */
  restingFrom: number;
  /** No address before this place is free and rested. Within a plan it only moves forward. */
  cursor: { range: number; value: bigint };
}

/** A pool's addresses by family; undefined where it has none of a family. */
export interface PoolSpaces extends Readonly<Record<Family, PoolSpace | undefined>> {
  readonly pool: Pool;
}

/** The spaces of all pools, in declared order, and which contains an address. */
export interface PoolIndex {
  readonly pools: readonly PoolSpaces[];
  readonly sorted: Readonly<Record<Family, readonly { readonly range: IpRange; readonly space: PoolSpace }[]>>;
}

/** Builds the index: O(ranges), whatever their size. */
export function indexPools(pools: readonly Pool[]): PoolIndex {
  const spaces = pools.map((pool) => ({ pool, ipv4: spaceFor(pool, "ipv4"), ipv6: spaceFor(pool, "ipv6") }));
  const sorted = (family: Family) =>
    spaces
      .flatMap(({ [family]: space }) => (space?.ranges ?? []).map((range) => ({ range, space: space as PoolSpace })))
      .sort((left, right) => (left.range.first < right.range.first ? -1 : 1));
  return { pools: spaces, sorted: { ipv4: sorted("ipv4"), ipv6: sorted("ipv6") } };
}

/** Lets these addresses rest, and no others. */
export function letRest(index: PoolIndex, { resting, nowMs }: Pick<AssignmentSnapshot, "resting" | "nowMs">): void {
  const before = spacesOf(index).map((space) => ({ space, isResting: space.isResting }));
  for (const { space } of before) [space.resting, space.isResting, space.restingFrom] = [[], new Set(), 0];
  const longestFirst = [...resting].sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1));
  for (const [text, freedAtMs] of longestFirst) if (nowMs - freedAtMs < REST_MS) rest(index, parseIp(text));
  for (const { space, isResting } of before)
    for (const value of isResting) if (!space.isResting.has(value)) searchFrom(space, value);
}

/** The spaces of all pools, as declared. */
export function spacesOf({ pools }: PoolIndex): readonly PoolSpace[] {
  return pools.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter((space) => space !== undefined));
}

/** An address is free again: the search goes back to it, if it is past it. */
export function searchFrom(space: PoolSpace, value: bigint): void {
  const { cursor, ranges } = space;
  if (space.isResting.has(value)) space.restingFrom = 0;
  const range = ranges.findIndex(({ first, last }) => first <= value && value <= last);
  const isBefore = range < cursor.range || (range === cursor.range && value < cursor.value);
  if (range >= 0 && isBefore) space.cursor = { range, value };
}

function spaceFor(pool: Pool, family: Family): PoolSpace | undefined {
  const ranges = pool.ranges.filter((range) => range.family === family).flatMap(withoutReserved);
  if (ranges[0] === undefined) return undefined;
  const size = ranges.reduce((sum, range) => sum + rangeSize(range) - buggyIn(pool, range), 0n);
  const cursor = { range: 0, value: ranges[0].first };
  return { pool, family, ranges, size, used: 0, resting: [], isResting: new Set(), restingFrom: 0, cursor };
}

function rest(index: PoolIndex, ip: Ip | undefined): void {
  const space = ip && spaceOf(index, ip);
  if (ip === undefined || space === undefined || avoids(space.pool, ip)) return;
  space.resting.push(ip.value);
  space.isResting.add(ip.value);
}

/** How many addresses of the range the pool avoids, by arithmetic. */
function buggyIn(pool: Pool, { family, first, last }: IpRange): bigint {
  if (!pool.avoidBuggyIps || family === "ipv6") return 0n;
  const upTo = (end: bigint) => (end + 256n) / 256n + (end + 1n) / 256n; // ending in 0, ending in 255, from 0 to end
  return upTo(last) - (first === 0n ? 0n : upTo(first - 1n));
}

/** The pool that contains the address; undefined if none does. Binary search: ranges never overlap. */
export function spaceOf(index: PoolIndex, ip: Ip): PoolSpace | undefined {
  const ranges = index.sorted[ip.family];
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.range.last ?? 0n) < ip.value) low = middle + 1;
    else high = middle;
  }
  const found = ranges[low];
  return found !== undefined && found.range.first <= ip.value ? found.space : undefined;
}

/** The first free, rested address: ranges as declared, each from its first address. O(1) amortised over the used ones. */
export function lowestFree(space: PoolSpace, used: ReadonlyMap<bigint, unknown>): Ip | undefined {
  const { cursor, family } = space;
  for (; cursor.range < space.ranges.length; nextRange(space)) {
    const last = space.ranges[cursor.range]?.last ?? -1n;
    for (; cursor.value <= last; cursor.value++) {
      const ip = { family, value: cursor.value };
      if (!used.has(ip.value) && !space.isResting.has(ip.value) && !avoids(space.pool, ip)) return ip;
    }
  }
  return undefined;
}

function nextRange({ cursor, ranges }: PoolSpace): void {
  cursor.range++;
  cursor.value = ranges[cursor.range]?.first ?? 0n;
}

/** The free address that rests longest; undefined if none rests. */
export function longestResting(space: PoolSpace, used: ReadonlyMap<bigint, unknown>): Ip | undefined {
  const { resting, family } = space;
  for (; space.restingFrom < resting.length; space.restingFrom++) {
    const value = resting[space.restingFrom];
    if (value !== undefined && !used.has(value)) return { family, value };
  }
  return undefined;
}

/** Whether the first address comes before the second in the order of search: declared range, then value. */
export function comesBefore(space: PoolSpace, left: Ip, right: Ip): boolean {
  const rangeOf = (ip: Ip) => space.ranges.findIndex((range) => range.first <= ip.value && ip.value <= range.last);
  const [leftRange, rightRange] = [rangeOf(left), rangeOf(right)];
  return leftRange === rightRange ? left.value < right.value : leftRange < rightRange;
}
