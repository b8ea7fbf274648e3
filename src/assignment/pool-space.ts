import { type Family, type Ip, parseIp } from "#src/ip/address.ts";
import { type IpRange, rangeSize } from "#src/ip/range.ts";
import { withoutReserved } from "#src/ip/reserved-use.ts";
import { avoids, type Pool } from "#src/model/pool.ts";
import { Heap } from "#src/collections/heap.ts";
import { lowerBound } from "#src/collections/lower-bound.ts";
import { byPriority, isRestricted } from "./pool-bar.ts";
import { partsOf, type PoolPart } from "./pool-part.ts";
import { keep, namespaceOf, noShares, type PoolShares } from "./pool-shares.ts";
import type { AssignmentSnapshot } from "./snapshot.ts";

/** How long a freed address is skipped while others are free: neighbours may still have it in their caches. */
export const REST_MS = 120_000;

/** The addresses of a pool in one family, and how far the search for a free one has come. */
export interface PoolSpace {
  readonly pool: Pool;
  readonly family: Family;
  /** Those of the pool in declared order, without what is reserved (loopback, multicast, ...). */
  readonly ranges: readonly PoolPart[];
  /** Addresses that may be assigned. */
  readonly size: bigint;
  /** Addresses that are in the pool and never assigned: excluded, avoided, or kept by a network of the nodes for itself. */
  readonly excluded: bigint;
  /** What each namespace has of the pool; undefined where that has no limit. */
  readonly shares: PoolShares | undefined;
  /** Addresses in use, after adoption. */
  used: number;
  /** Those of them that Services have, or are leaving. */
  assigned: number;
  /** Those of them that may not be assigned again. */
  usedClosed: number;
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
  /** How often a count of addresses in use, or of what a namespace has, changed. */
  readonly counted: { changes: number };
  readonly hasQuotas: boolean;
  /** No pool is disabled, or for certain Services only. */
  readonly isForAll: boolean;
  /** Those with auto-assign, in the order they are tried in. */
  readonly automatic: readonly PoolSpaces[];
  readonly byName: ReadonlyMap<string, PoolSpaces>;
  readonly sorted: Readonly<Record<Family, readonly PlacedRange[]>>;
}

/** The pool that contains an address, and which of `PoolSpace.ranges` does. */
export interface PoolPlace {
  readonly space: PoolSpace;
  readonly range: number;
  readonly isClosed: boolean;
}

/** A range of a pool, and where that is declared. */
interface PlacedRange extends IpRange {
  readonly place: PoolPlace;
}

/** The addresses of one family that are in use. */
export type UsedValues = Pick<ReadonlyMap<bigint, unknown>, "has">;

/** Builds the index: O(ranges), whatever their size. `networkAddresses` are closed. */
export function indexPools(pools: readonly Pool[], networkAddresses: Iterable<Ip> = []): PoolIndex {
  const closed = [...networkAddresses].map(({ family, value }) => ({ family, first: value, last: value }));
  const spaces = pools.map((pool) => spacesFor(pool, [...pool.excluded, ...closed]));
  const sorted = (family: Family) =>
    spaces
      .flatMap(({ [family]: space }) =>
        (space?.ranges ?? []).map(({ isClosed, ...range }, at) => ({
          ...range,
          place: { space: space as PoolSpace, range: at, isClosed },
        })),
      )
      .sort((left, right) => (left.first < right.first ? -1 : 1));
  const byName = new Map(spaces.map((one) => [one.pool.name, one]));
  return {
    pools: spaces,
    counted: { changes: 0 },
    hasQuotas: pools.some(({ quotaPerNamespace }) => quotaPerNamespace !== undefined),
    isForAll: !pools.some((pool) => pool.isDisabled || isRestricted(pool)),
    automatic: spaces
      .filter(({ pool }) => pool.autoAssign)
      .toSorted((left, right) => byPriority(left.pool, right.pool)),
    byName,
    sorted: { ipv4: sorted("ipv4"), ipv6: sorted("ipv6") },
  };
}

/**
 * Lets these addresses rest, and no others. Returns when the first of them has rested, on the clock of `nowMs`; Infinity if
 * none ever has.
 */
export function letRest(index: PoolIndex, { resting, nowMs }: Pick<AssignmentSnapshot, "resting" | "nowMs">): number {
  const before = spacesOf(index).map((space) => ({ space, isResting: space.isResting }));
  for (const { space } of before) {
    [space.resting, space.isResting, space.restingFrom] = [[], new Set(), 0];
    space.shares?.kept.clear();
  }
  const longestFirst = [...resting].sort(
    ([a, { sinceMs: aMs }], [b, { sinceMs: bMs }]) => aMs - bMs || (a < b ? -1 : 1),
  );
  let endMs = Infinity;
  for (const [text, { sinceMs, service }] of longestFirst) {
    const ip = parseIp(text);
    const space = ip && isOpen(index, ip) ? spaceOf(index, ip) : undefined;
    const restedMs = sinceMs + (space?.pool.restMs ?? REST_MS);
    if (ip === undefined || space === undefined || restedMs <= nowMs) continue;
    space.resting.push(ip.value);
    space.isResting.add(ip.value);
    if (space.shares !== undefined && service !== "") keep(space.shares, namespaceOf(service), ip);
    endMs = Math.min(endMs, restedMs);
  }
  for (const { space, isResting } of before)
    for (const value of isResting) if (!space.isResting.has(value)) searchFrom(index, { family: space.family, value });
  return endMs;
}

/** Whether the address may be assigned: a pool contains it and does not exclude or avoid it. */
export function isOpen(index: PoolIndex, ip: Ip): boolean {
  const place = findPlace(index, ip);
  return place !== undefined && !place.isClosed && !avoids(place.space.pool, ip);
}

/** Whether the pool keeps the address, while it rests, for the Service that had it: no other gets it, asked for or not. */
export function isReserved({ pool, isResting }: PoolSpace, { value }: Ip): boolean {
  return pool.restMs === Infinity && isResting.has(value);
}

/** The spaces of all pools, as declared. */
export function spacesOf({ pools }: PoolIndex): readonly PoolSpace[] {
  return pools.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter((space) => space !== undefined));
}

/** Counts an address that is in use from now on (1), or no longer (-1). Nothing where no pool contains it. */
export function countUse(index: PoolIndex, ip: Ip, by: 1 | -1): void {
  const space = spaceOf(index, ip);
  if (space === undefined) return;
  index.counted.changes++;
  space.used += by;
  if (!isOpen(index, ip)) space.usedClosed += by;
}

/** How many addresses may be assigned and are not in use; resting ones are among them. */
export function freeIn({ size, used, usedClosed }: PoolSpace): bigint {
  return size - BigInt(used - usedClosed);
}

/** An address is free again, or has rested: the search in its pool finds it, also where it is past it. */
export function searchFrom(index: PoolIndex, ip: Ip): void {
  const place = findPlace(index, ip);
  if (place === undefined) return;
  const { space, range, isClosed } = place;
  if (isClosed) return;
  const { cursor, freed } = space;
  const { value } = ip;
  if (space.isResting.has(value)) space.restingFrom = 0;
  else if (comesFirst({ range, value }, cursor)) freed.push({ range, value });
}

function spacesFor(pool: Pool, closed: readonly IpRange[]): PoolSpaces {
  const shares = pool.quotaPerNamespace === undefined ? undefined : noShares();
  const spaceOfFamily = (family: Family): PoolSpace | undefined => {
    const ranges = pool.ranges.filter((range) => range.family === family).flatMap(withoutReserved);
    return ranges.length === 0 ? undefined : spaceFor({ pool, family, shares }, partsOf(ranges, closed));
  };
  return { pool, ipv4: spaceOfFamily("ipv4"), ipv6: spaceOfFamily("ipv6") };
}

function spaceFor(
  basis: Pick<PoolSpace, "pool" | "family" | "shares">,
  ranges: readonly PoolPart[],
): PoolSpace | undefined {
  const total = ranges.reduce((sum, range) => sum + rangeSize(range), 0n);
  const size = ranges.reduce(
    (sum, range) => (range.isClosed ? sum : sum + rangeSize(range) - buggyIn(basis.pool, range)),
    0n,
  );
  const search = { cursor: { range: 0, value: ranges[0]?.first ?? 0n }, freed: new Heap(comesFirst) };
  const rest = { resting: [], isResting: new Set<bigint>(), restingFrom: 0 };
  return { ...basis, ranges, size, excluded: total - size, used: 0, assigned: 0, usedClosed: 0, ...rest, ...search };
}

function comesFirst(left: FreedAddress, right: FreedAddress): boolean {
  return left.range === right.range ? left.value < right.value : left.range < right.range;
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
  const found = ranges[lowerBound(ranges, ({ last }) => last < ip.value)];
  return found !== undefined && found.first <= ip.value ? found.place : undefined;
}

/** The first free, rested address: ranges as declared, each from its first address. O(log n) amortised over the used ones. */
export function lowestFree(space: PoolSpace, used: UsedValues): Ip | undefined {
  const { cursor, freed, family } = space;
  const isFree = (value: bigint): boolean =>
    !used.has(value) && !space.isResting.has(value) && !avoids(space.pool, { family, value });
  for (let first = freed.first; first !== undefined; first = freed.first) {
    if (isFree(first.value)) return { family, value: first.value };
    freed.pop();
  }
  for (; cursor.range < space.ranges.length; nextRange(space)) {
    const part = space.ranges[cursor.range];
    const last = part === undefined || part.isClosed ? -1n : part.last;
    for (; cursor.value <= last; cursor.value++) if (isFree(cursor.value)) return { family, value: cursor.value };
  }
  return undefined;
}

/**
 * Searches a pool as if these addresses were in use. The search before it stays true: those of them that it passed are found
 * by the next one.
 */
export function searchWithout(
  index: PoolIndex,
  { used, unwanted }: { readonly used: UsedValues; readonly unwanted: readonly Ip[] },
  search: (used: UsedValues) => Ip | undefined,
): Ip | undefined {
  const skipped = unwanted.filter(({ value }) => !used.has(value));
  if (skipped.length === 0) return search(used);
  // Only those that the search looked at: it took them out, or passed them. The others are where they were.
  const passed = new Set<bigint>();
  const isSkipped = (value: bigint): boolean => skipped.some((ip) => ip.value === value) && passed.add(value).size > 0;
  const found = search({ has: (value) => used.has(value) || isSkipped(value) });
  for (const ip of skipped) if (passed.has(ip.value)) searchFrom(index, ip);
  return found;
}

function nextRange({ cursor, ranges }: PoolSpace): void {
  cursor.range++;
  cursor.value = ranges[cursor.range]?.first ?? 0n;
}

/** The free address that rests longest; undefined if none rests, or those that do are kept for the Services that had them. */
export function longestResting(space: PoolSpace, used: UsedValues): Ip | undefined {
  const { resting, family } = space;
  if (space.pool.restMs === Infinity) return undefined;
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
