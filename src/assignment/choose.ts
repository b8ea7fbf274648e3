import type { Family, Ip } from "#src/ip/address.ts";
import type { Pool, UnservedPool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { type Choosable, type Choosables, firstWithRoom } from "./choosable.ts";
import { explainNoFree, type Lack } from "./explain.ts";
import { firstShared, firstSharedInNamespace, type InUse, joinsOf, obstacleTo } from "./in-use.ts";
import { isKeptForAnother } from "./is-kept-for-another.ts";
import { isToRelease } from "./is-to-release.ts";
import {
  comesBefore,
  freeIn,
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
import type { AssignmentSnapshot, NamespaceLabels } from "./snapshot.ts";

/** What a plan works on: the pools and who has which address. */
export interface AddressTable {
  readonly pools: readonly Pool[];
  readonly unserved: readonly UnservedPool[];
  readonly index: PoolIndex;
  readonly inUse: InUse;
  readonly namespaces: NamespaceLabels;
  readonly choosables: Choosables;
}

/** An address table, and what Services had before: see AssignmentSnapshot. */
export interface ChoiceTable extends AddressTable, Pick<AssignmentSnapshot, "former" | "resting"> {}

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

/** What was said of so many namespaces is remembered for a choosable. */
const LACKS_MAX = 4_096;

/** A family that no pool has an address of, and what else the Service is to get and to give back. */
interface LackOf {
  readonly choosable: Choosable;
  readonly family: Family;
  readonly chosen: readonly Ip[];
  readonly replaced: readonly Ip[];
}

/** What is sought, and where: in the pools `near` before the others of `choosable`. */
interface Search extends Sought {
  readonly choosable: Choosable;
  readonly near: readonly PoolSpaces[];
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
  const choosable = table.choosables.of(service);
  const { noPool } = choosable;
  if (noPool !== undefined) return { addresses: [], lacks: [noPool] };
  const former = formerOf(table, service, { families, ...basis });
  const missing = families.filter((family) => !former.some((ip) => ip.family === family));
  const nearPools = [...ownPools, ...former.flatMap((ip) => spaceOf(table.index, ip)?.pool ?? [])];
  const { addresses, lacks } = chooseAnew(table, service, {
    families: missing,
    choosable,
    near: nearOf(choosable, service, nearPools),
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
  const { pools } = table.choosables.of(service);
  const found: Ip[] = [];
  for (const family of families) {
    const again = had.find((ip) => {
      const pool = ip.family === family ? spaceOf(index, ip)?.pool : undefined;
      return (
        pool !== undefined &&
        pools.has(pool) &&
        isOpen(index, ip) &&
        !isToRelease(service, ip) &&
        !isKeptForAnother(table, ip, service) &&
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
  { families, choosable, near, taken, replaced }: Search,
): Choice {
  if (families.length === 0) return { addresses: [], lacks: [] };
  const from = placeOf(table, service, { choosable, replaced });
  const search = <R>(of: readonly Family[], attempt: (spaces: PoolSpaces) => R | undefined): R | undefined =>
    firstOf(near, 0, attempt) ?? firstOf(choosable.spaces, from(of), attempt);
  const together = search(families, (spaces) => {
    const found: Ip[] = [];
    for (const family of families) {
      const ip = firstIn(table, spaces[family], {
        service,
        chosen: [...taken, ...found],
        replaced,
      });
      if (ip === undefined) return undefined;
      found.push(ip);
    }
    return found;
  });
  if (together !== undefined) return { addresses: together, lacks: [] };
  const addresses: Ip[] = [];
  const lacks: Lack[] = [];
  for (const family of families) {
    const chosen = [...taken, ...addresses];
    const ip = search([family], (spaces) => firstIn(table, spaces[family], { service, chosen, replaced }));
    if (ip !== undefined) addresses.push(ip);
    else lacks.push(noFreeOf(table, service, { choosable, family, chosen, replaced }));
  }
  // First what no release of an address can fix.
  lacks.sort(
    (left, right) => Number(right.reason === "FamilyUnavailable") - Number(left.reason === "FamilyUnavailable"),
  );
  return { addresses, lacks };
}

/**
 * Where the search for some families begins. Most Services wait for many pools that have nothing for them, and nothing either
 * for those that are alike: these are not looked at again in the same plan, in which addresses are only taken.
 */
function placeOf(
  { index, inUse }: ChoiceTable,
  service: Service,
  { choosable, replaced }: Pick<Search, "choosable" | "replaced">,
): (families: readonly Family[]) => number {
  // What it gives back may make room in a quota for it alone.
  if (index.hasQuotas && replaced.length > 0) return () => 0;
  // Where no address has its sharing key, it is as one that shares none.
  const isSharing = inUse.sharers.has(service.sharingKey);
  const mayGive = (space: PoolSpace): boolean => {
    const isReached = isQuotaReached(inUse, { space, service }, { chosen: [] });
    if (!isReached && freeIn(space) > 0n) return true;
    if (!isSharing) return false;
    return (isReached ? firstSharedInNamespace : firstShared)(inUse, space, service) !== undefined;
  };
  const alike = [index.hasQuotas ? service.namespace : "", isSharing ? service.sharingKey + joinsOf(service) : ""];
  return (families) => firstWithRoom(choosable, families, { alike: alike.join(" "), mayGive });
}

/** Why no pool has an address of the family: said once, while no count changes, for Services that are alike. */
function noFreeOf(
  { index, inUse }: AddressTable,
  service: Service,
  { choosable, family, chosen, replaced }: LackOf,
): Lack {
  const { spaces, noFree } = choosable;
  const isLimited = (space: PoolSpace): boolean => isQuotaReached(inUse, { space, service }, { chosen, replaced });
  const explained = (): Lack => explainNoFree({ candidates: spaces, family, service, isLimited });
  if (index.hasQuotas && chosen.length + replaced.length > 0) return explained();
  const key = index.hasQuotas ? `${family} ${service.namespace}` : family;
  const { changes } = index.counted;
  const said = noFree.get(key);
  if (said?.changes === changes) return said.lack;
  const lack = explained();
  if (noFree.size >= LACKS_MAX) noFree.clear();
  noFree.set(key, { changes, lack });
  return lack;
}

/** Those of `nearPools` that may serve the Service, before others where it asks for none. */
function nearOf(
  { spaces, pools }: Choosable,
  { requestedPool }: Service,
  nearPools: readonly Pool[],
): readonly PoolSpaces[] {
  if (requestedPool !== undefined || !nearPools.some((pool) => pools.has(pool))) return [];
  return spaces.filter(({ pool }) => nearPools.includes(pool));
}

/** What the first of the items from a place on gives. */
function firstOf<T, R>(items: readonly T[], from: number, attempt: (item: T) => R | undefined): R | undefined {
  for (let at = from; at < items.length; at++) {
    const found = attempt(items[at] as T);
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
  const search = {
    used,
    unwanted: service.addressesToRelease.filter(({ family }) => family === space.family),
  };
  const free = searchWithout(index, search, (inUseNow) => lowestFree(space, inUseNow));
  const shared = isSharing ? firstShared(inUse, space, service) : undefined;
  if (free !== undefined && shared !== undefined) return comesBefore(index, shared, free) ? shared : free;
  return free ?? shared ?? searchWithout(index, search, (inUseNow) => longestResting(space, inUseNow));
}
