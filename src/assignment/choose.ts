import type { Family, Ip } from "#src/ip/address.ts";
import { avoids, type Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { explainNoFree, explainNoPool, type Lack } from "./explain.ts";
import { firstShared, type InUse, obstacleTo } from "./in-use.ts";
import {
  comesBefore,
  longestResting,
  lowestFree,
  type PoolIndex,
  type PoolSpace,
  type PoolSpaces,
  spaceOf,
} from "./pool-space.ts";
import { requestedPoolsOf } from "./requested-pools.ts";

/** What a plan works on: the pools and who has which address. */
export interface AddressTable {
  readonly pools: readonly Pool[];
  readonly index: PoolIndex;
  readonly inUse: InUse;
}

/** An address table, and what Services had before. */
export interface ChoiceTable extends AddressTable {
  /** See AssignmentSnapshot. */
  readonly former: ReadonlyMap<string, readonly Ip[]>;
}

/** The outcome of a search: an address for each family that has one, a lack for each that has not. */
export interface Choice {
  readonly addresses: readonly Ip[];
  readonly lacks: readonly Lack[];
}

/**
 * Finds an address of each family for a Service: from the pools it asks for, else from those with auto-assign. It gets
 * back what it had before where that is free; else the first pool that serves all families wins, those it has an address
 * of (`ownPools`) before others; else each family is served by the first pool that can. Marks nothing as used.
 */
export function chooseAddresses(
  table: ChoiceTable,
  service: Service,
  { families, ownPools }: { families: readonly Family[]; ownPools: readonly Pool[] },
): Choice {
  if (families.length === 0) return { addresses: [], lacks: [] };
  const noPool = explainNoPool(table.pools, service);
  if (noPool !== undefined) return { addresses: [], lacks: [noPool] };
  const former = formerOf(table, service, families);
  const missing = families.filter((family) => !former.some((ip) => ip.family === family));
  const nearPools = [...ownPools, ...former.flatMap((ip) => spaceOf(table.index, ip)?.pool ?? [])];
  const { addresses, lacks } = chooseAnew(table, service, {
    families: missing,
    candidates: candidatesFor(table, service, nearPools),
  });
  return { addresses: [...former, ...addresses], lacks };
}

/** Of what the Service had before, one address of each of these families, where it may have it again. */
function formerOf(table: ChoiceTable, service: Service, families: readonly Family[]): readonly Ip[] {
  const had = table.former.get(service.key);
  if (had === undefined) return [];
  const candidates = candidatesFor(table, service, []);
  return families.flatMap((family) => {
    const again = had.find((ip) => {
      const pool = ip.family === family ? spaceOf(table.index, ip)?.pool : undefined;
      return (
        pool !== undefined &&
        !avoids(pool, ip) &&
        candidates.some((spaces) => spaces.pool === pool) &&
        obstacleTo(table.inUse, ip, service) === undefined
      );
    });
    return again ?? [];
  });
}

function chooseAnew(
  table: ChoiceTable,
  service: Service,
  { families, candidates }: { families: readonly Family[]; candidates: readonly PoolSpaces[] },
): Choice {
  if (families.length === 0) return { addresses: [], lacks: [] };
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
  // First what no release of an address can fix.
  lacks.sort(
    (left, right) => Number(right.reason === "FamilyUnavailable") - Number(left.reason === "FamilyUnavailable"),
  );
  return { addresses, lacks };
}

function candidatesFor(
  { index, pools }: AddressTable,
  service: Service,
  ownPools: readonly Pool[],
): readonly PoolSpaces[] {
  const requested = requestedPoolsOf(pools, service);
  if (requested !== undefined) return requested.flatMap((name) => index.byName.get(name) ?? []);
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
function firstIn(table: AddressTable, space: PoolSpace | undefined, service: Service): Ip | undefined {
  if (space === undefined) return undefined;
  const { index, inUse } = table;
  const used = inUse.byAddress[space.family];
  const free = lowestFree(space, used);
  const shared = firstShared(inUse, space, service);
  if (free !== undefined && shared !== undefined) return comesBefore(index, shared, free) ? shared : free;
  return free ?? shared ?? longestResting(space, used);
}
