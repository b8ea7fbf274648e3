import type { Family, Ip } from "#src/ip/address.ts";
import type { Pool, UnservedPool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { explainNoFree, explainNoPool, type Lack } from "./explain.ts";
import { firstShared, firstSharedInNamespace, type InUse, obstacleTo } from "./in-use.ts";
import { isToRelease } from "./is-to-release.ts";
import { whyBarred } from "./pool-bar.ts";
import {
  comesBefore,
  isOpen,
  longestResting,
  lowestFree,
  type PoolIndex,
  type PoolSpace,
  type PoolSpaces,
  searchWithout,
  spaceOf,
} from "./pool-space.ts";
import { isOverQuota, isQuotaReached, keptInstead } from "./quota.ts";
import { requestedPoolsOf } from "./requested-pools.ts";
import type { NamespaceLabels } from "./snapshot.ts";

/** What a plan works on: the pools and who has which address. */
export interface AddressTable {
  readonly pools: readonly Pool[];
  readonly unserved: readonly UnservedPool[];
  readonly index: PoolIndex;
  readonly inUse: InUse;
  readonly namespaces: NamespaceLabels;
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

/** The families that need an address, what the Service is to get too, and what it is to give back for all of that. */
interface Sought {
  readonly families: readonly Family[];
  readonly taken: readonly Ip[];
  readonly replaced: readonly Ip[];
}

/**
 * Finds an address of each family for a Service: from the pools it asks for, else from those with auto-assign. It gets
 * back what it had before where that is free; else the first pool that serves all families wins, those it has an address
 * of (`ownPools`) before others; else each family is served by the first pool that can. It gets none of those that it is to
 * release. Marks nothing as used.
 */
export function chooseAddresses(
  table: ChoiceTable,
  service: Service,
  { families, ownPools, ...basis }: Sought & { readonly ownPools: readonly Pool[] },
): Choice {
  if (families.length === 0) return { addresses: [], lacks: [] };
  const noPool = explainNoPool(table, service);
  if (noPool !== undefined) return { addresses: [], lacks: [noPool] };
  const former = formerOf(table, service, { families, ...basis });
  const missing = families.filter((family) => !former.some((ip) => ip.family === family));
  const nearPools = [...ownPools, ...former.flatMap((ip) => spaceOf(table.index, ip)?.pool ?? [])];
  const { addresses, lacks } = chooseAnew(table, service, {
    families: missing,
    candidates: candidatesFor(table, service, nearPools),
    taken: [...basis.taken, ...former],
    replaced: basis.replaced,
  });
  return { addresses: [...former, ...addresses], lacks };
}

/** Of what the Service had before, one address of each of these families, where it may have it again. */
function formerOf(table: ChoiceTable, service: Service, { families, taken, replaced }: Sought): readonly Ip[] {
  const had = table.former.get(service.key);
  if (had === undefined) return [];
  const { index, inUse } = table;
  const pools = new Set(candidatesFor(table, service, []).map(({ pool }) => pool));
  const found: Ip[] = [];
  for (const family of families) {
    const again = had.find((ip) => {
      const pool = ip.family === family ? spaceOf(index, ip)?.pool : undefined;
      return (
        pool !== undefined &&
        pools.has(pool) &&
        isOpen(index, ip) &&
        !isToRelease(service, ip) &&
        obstacleTo(inUse, ip, service) === undefined &&
        !isOverQuota(inUse, { ip, service }, { chosen: [...taken, ...found], replaced })
      );
    });
    if (again !== undefined) found.push(again);
  }
  return found;
}

function chooseAnew(
  table: ChoiceTable,
  service: Service,
  { families, candidates, taken, replaced }: Sought & { readonly candidates: readonly PoolSpaces[] },
): Choice {
  if (families.length === 0) return { addresses: [], lacks: [] };
  for (const spaces of candidates) {
    const together: Ip[] = [];
    for (const family of families) {
      const ip = firstIn(table, spaces[family], { service, chosen: [...taken, ...together], replaced });
      if (ip !== undefined) together.push(ip);
    }
    if (together.length === families.length) return { addresses: together, lacks: [] };
  }
  const addresses: Ip[] = [];
  const lacks: Lack[] = [];
  for (const family of families) {
    const chosen = [...taken, ...addresses];
    const ip = firstOf(candidates, (spaces) => firstIn(table, spaces[family], { service, chosen, replaced }));
    if (ip !== undefined) addresses.push(ip);
    else
      lacks.push(
        explainNoFree({
          candidates,
          family,
          service,
          isLimited: (space) => isQuotaReached(table.inUse, { space, service }, { chosen, replaced }),
        }),
      );
  }
  // First what no release of an address can fix.
  lacks.sort(
    (left, right) => Number(right.reason === "FamilyUnavailable") - Number(left.reason === "FamilyUnavailable"),
  );
  return { addresses, lacks };
}

function candidatesFor(
  { index, pools, namespaces }: AddressTable,
  service: Service,
  ownPools: readonly Pool[],
): readonly PoolSpaces[] {
  const requested = requestedPoolsOf(pools, service);
  const asked = requested?.flatMap((name) => index.byName.get(name) ?? []) ?? index.automatic;
  const open = index.isForAll ? asked : asked.filter(({ pool }) => whyBarred(pool, service, namespaces) === undefined);
  if (requested !== undefined || ownPools.length === 0) return open;
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
function firstIn(
  { index, inUse }: AddressTable,
  space: PoolSpace | undefined,
  { service, ...pending }: { service: Service; chosen: readonly Ip[]; replaced: readonly Ip[] },
): Ip | undefined {
  if (space === undefined) return undefined;
  const isSharing = service.sharingKey !== "";
  if (isQuotaReached(inUse, { space, service }, pending))
    return isSharing ? firstSharedInNamespace(inUse, space, service) : undefined;
  const kept = keptInstead(inUse, { space, service }, pending);
  if (kept !== undefined) return (isSharing ? firstSharedInNamespace(inUse, space, service) : undefined) ?? kept;
  const used = inUse.byAddress[space.family];
  const search = { used, unwanted: service.addressesToRelease.filter(({ family }) => family === space.family) };
  const free = searchWithout(index, search, (inUseNow) => lowestFree(space, inUseNow));
  const shared = isSharing ? firstShared(inUse, space, service) : undefined;
  if (free !== undefined && shared !== undefined) return comesBefore(index, shared, free) ? shared : free;
  return free ?? shared ?? searchWithout(index, search, (inUseNow) => longestResting(space, inUseNow));
}
