import { type Family, type Ip, parseIp } from "#src/ip/address.ts";
import { type IpRange, rangeSize } from "#src/ip/range.ts";
import { withoutReserved } from "#src/ip/reserved-use.ts";
import { avoids, type Pool } from "#src/model/pool.ts";
import { Heap } from "./heap.ts";
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
  /** No address from here back is free and rested, except those that are in `freed`. It only moves forward. */
  readonly cursor: { range: number; value: bigint };
  /** Addresses before the cursor that were freed, or ended their rest, since it passed them; they may be in use again. */
  readonly freed: Heap<FreedAddress>;
}

/** An address, and which of `PoolSpace.ranges` it is in. */
interface FreedAddress {
  readonly range: number;
  readonly value: bigint;
}

/** A pool's addresses by family; undefined where it has none of a family. */
export interface PoolSpaces extends Readonly<Record<Family, PoolSpace | undefined>> {
  readonly pool: Pool;
}

/** The spaces of all pools, in declared order, and which contains an address. */
export interface PoolIndex {
  readonly pools: readonly PoolSpaces[];
  readonly byName: ReadonlyMap<string, PoolSpaces>;
  readonly sorted: Readonly<Record<Family, readonly PlacedRange[]>>;
}

/** The pool that contains an address, and which of `PoolSpace.ranges` does. */
export interface PoolPlace {
  readonly space: PoolSpace;
  readonly range: number;
}

/** A range of a pool, and where that is declared. */
interface PlacedRange extends IpRange {
  readonly place: PoolPlace;
}

/** Builds the index: O(ranges), whatever their size. */
export function indexPools(pools: readonly Pool[]): PoolIndex {
  const spaces = pools.map((pool) => ({ pool, ipv4: spaceFor(pool, "ipv4"), ipv6: spaceFor(pool, "ipv6") }));
  const sorted = (family: Family) =>
    spaces
      .flatMap(({ [family]: space }) =>
        (space?.ranges ?? []).map((range, at) => ({ ...range, place: { space: space as PoolSpace, range: at } })),
      )
      .sort((left, right) => (left.first < right.first ? -1 : 1));
  const byName = new Map(spaces.map((one) => [one.pool.name, one]));
  return { pools: spaces, byName, sorted: { ipv4: sorted("ipv4"), ipv6: sorted("ipv6") } };
}

/** Lets these addresses rest, and no others. */
export function letRest(index: PoolIndex, { resting, nowMs }: Pick<AssignmentSnapshot, "resting" | "nowMs">): void {
  const before = spacesOf(index).map((space) => ({ space, isResting: space.isResting }));
  for (const { space } of before) [space.resting, space.isResting, space.restingFrom] = [[], new Set(), 0];
  const longestFirst = [...resting].sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1));
  for (const [text, freedAtMs] of longestFirst) if (nowMs - freedAtMs < REST_MS) rest(index, parseIp(text));
  for (const { space, isResting } of before)
    for (const value of isResting) if (!space.isResting.has(value)) searchFrom(index, { family: space.family, value });
}

/** The spaces of all pools, as declared. */
export function spacesOf({ pools }: PoolIndex): readonly PoolSpace[] {
  return pools.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter((space) => space !== undefined));
}

/** An address is free again, or has rested: the search in its pool finds it, also where it is past it. */
export function searchFrom(index: PoolIndex, ip: Ip): void {
  const place = findPlace(index, ip);
  if (place === undefined) return;
  const { space, range } = place;
  const { cursor, freed } = space;
  const { value } = ip;
  if (space.isResting.has(value)) space.restingFrom = 0;
  else if (comesFirst({ range, value }, cursor)) freed.push({ range, value });
}

function spaceFor(pool: Pool, family: Family): PoolSpace | undefined {
  const ranges = pool.ranges.filter((range) => range.family === family).flatMap(withoutReserved);
  if (ranges[0] === undefined) return undefined;
  const size = ranges.reduce((sum, range) => sum + rangeSize(range) - buggyIn(pool, range), 0n);
  const search = { cursor: { range: 0, value: ranges[0].first }, freed: new Heap(comesFirst) };
  return { pool, family, ranges, size, used: 0, resting: [], isResting: new Set(), restingFrom: 0, ...search };
}

function comesFirst(left: FreedAddress, right: FreedAddress): boolean {
  return left.range === right.range ? left.value < right.value : left.range < right.range;
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

/** The space of the pool that contains the address; undefined if none does. */
export function spaceOf(index: PoolIndex, ip: Ip): PoolSpace | undefined {
  return findPlace(index, ip)?.space;
}

/** Where an address is in the pools; undefined if none contains it. Binary search: ranges never overlap. */
export function findPlace(index: PoolIndex, ip: Ip): PoolPlace | undefined {
  const ranges = index.sorted[ip.family];
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.last ?? 0n) < ip.value) low = middle + 1;
    else high = middle;
  }
  const found = ranges[low];
  return found !== undefined && found.first <= ip.value ? found.place : undefined;
}

/** The first free, rested address: ranges as declared, each from its first address. O(log n) amortised over the used ones. */
export function lowestFree(space: PoolSpace, used: ReadonlyMap<bigint, unknown>): Ip | undefined {
  const { cursor, freed, family } = space;
  const isFree = (value: bigint): boolean =>
    !used.has(value) && !space.isResting.has(value) && !avoids(space.pool, { family, value });
  for (let first = freed.first; first !== undefined; first = freed.first) {
    if (isFree(first.value)) return { family, value: first.value };
    freed.pop();
  }
  for (; cursor.range < space.ranges.length; nextRange(space)) {
    const last = space.ranges[cursor.range]?.last ?? -1n;
    for (; cursor.value <= last; cursor.value++) if (isFree(cursor.value)) return { family, value: cursor.value };
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

/** Whether the first address comes before the second in the order of search within a pool: declared range, then value. */
export function comesBefore(index: PoolIndex, left: Ip, right: Ip): boolean {
  const [leftRange, rightRange] = [findPlace(index, left)?.range ?? 0, findPlace(index, right)?.range ?? 0];
  return leftRange === rightRange ? left.value < right.value : leftRange < rightRange;
}
