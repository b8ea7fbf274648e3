import type { Family, Ip } from "#src/ip/address.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { type Lack, explainNoFree, explainNoPool } from "./explain.ts";
import { type InUse, lowestShared } from "./in-use.ts";
import {
  comesBefore,
  longestResting,
  lowestFree,
  type PoolIndex,
  type PoolSpace,
  type PoolSpaces,
} from "./pool-space.ts";

/** What a plan works on: the pools and who has which address. */
export interface AddressTable {
  readonly pools: readonly Pool[];
  readonly index: PoolIndex;
  readonly inUse: InUse;
}

/** The outcome of a search: an address for each family that has one, a lack for each that has not. */
export interface Choice {
  readonly addresses: readonly Ip[];
  readonly lacks: readonly Lack[];
}

/**
 * Finds an address of each family for a Service: from the pool it asks for, else from those with auto-assign. The first
 * pool that serves all families wins, those it has an address of (`ownPools`) before others; else each family is
 * served by the first pool that can. Marks nothing as used.
 */
export function chooseAddresses(
  table: AddressTable,
  service: Service,
  { families, ownPools }: { families: readonly Family[]; ownPools: readonly Pool[] },
): Choice {
  if (families.length === 0) return { addresses: [], lacks: [] };
  const candidates = candidatesFor(table, service, ownPools);
  if (candidates.length === 0) return { addresses: [], lacks: [explainNoPool(table.pools, service)] };
  for (const spaces of candidates) {
    const together = families.map((family) => firstIn(table, spaces[family], service));
    if (together.every((ip) => ip !== undefined)) return { addresses: together, lacks: [] };
  }
  const addresses: Ip[] = [];
  const lacks: Lack[] = [];
  for (const family of families) {
    const ip = firstOf(candidates, (spaces) => firstIn(table, spaces[family], service));
    if (ip !== undefined) addresses.push(ip);
    else lacks.push(explainNoFree(candidates, family));
  }
  // First what no release of an address can mend.
  lacks.sort(
    (left, right) => Number(right.reason === "FamilyUnavailable") - Number(left.reason === "FamilyUnavailable"),
  );
  return { addresses, lacks };
}

function candidatesFor({ index }: AddressTable, service: Service, ownPools: readonly Pool[]): readonly PoolSpaces[] {
  const { requestedPool } = service;
  if (requestedPool !== undefined) return index.pools.filter(({ pool }) => pool.name === requestedPool);
  const open = index.pools.filter(({ pool }) => pool.autoAssign);
  const own = open.filter(({ pool }) => ownPools.includes(pool));
  return own.length === 0 ? open : [...own, ...open.filter((spaces) => !own.includes(spaces))];
}

function firstOf<T, R>(items: readonly T[], attempt: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = attempt(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first address in the pool that is free or may be shared; a resting one only where there is no other. */
function firstIn({ inUse }: AddressTable, space: PoolSpace | undefined, service: Service): Ip | undefined {
  if (space === undefined) return undefined;
  const used = inUse.byAddress[space.family];
  const free = lowestFree(space, used);
  const shared = firstShared(inUse, space, service);
  if (free !== undefined && shared !== undefined) return comesBefore(space, shared, free) ? shared : free;
  return free ?? shared ?? longestResting(space, used);
}

function firstShared(inUse: InUse, space: PoolSpace, service: Service): Ip | undefined {
  return service.sharingKey === "" ? undefined : firstOf(space.ranges, (range) => lowestShared(inUse, range, service));
}
