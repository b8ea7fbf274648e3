import { type Family, includesIp, type Ip } from "#src/ip/address.ts";
import { without } from "#src/model/leaving-addresses.ts";
import type { Service } from "#src/model/service.ts";
import { type ChoiceTable, chooseAddresses } from "./choose.ts";
import {
  type Lack,
  explainBadRequest,
  explainBarred,
  explainInUse,
  explainNotDual,
  explainNotInPool,
  explainNotReleased,
  explainOrphaned,
  explainQuota,
  explainReserved,
  explainUnknownPool,
} from "./explain.ts";
import { exchangedMessage } from "./exchanged-message.ts";
import { hold, leave, obstacleTo } from "./in-use.ts";
import { isKeptForAnother } from "./is-kept-for-another.ts";
import { isToRelease } from "./is-to-release.ts";
import { countUse, findPlace, spaceOf } from "./pool-space.ts";
import { isOverQuota } from "./quota.ts";
import { requestedPoolsOf } from "./requested-pools.ts";
import type { Released } from "./snapshot.ts";

/** What a Service ends with, and what it still lacks. */
export interface Settled {
  readonly addresses: readonly Ip[];
  readonly lacks: readonly Lack[];
  /** Addresses it had and exchanged for others. */
  readonly replaced: readonly Released[];
}

/** What one family of a Service needs: nothing, this address, any address, or it is refused. */
type Need =
  | { readonly kind: "satisfied" }
  | { readonly kind: "take"; readonly ip: Ip }
  | { readonly kind: "choose" }
  | { readonly kind: "refused"; readonly lack: Lack };

/** Decides for one of our Services that has `held`, after all adoptions, and marks what it gets as used. */
export function settle(table: ChoiceTable, service: Service, held: readonly Ip[]): Settled {
  const bad = explainBadRequest(service.requestProblems) ?? explainNotDual(service);
  if (bad !== undefined) return { addresses: held, lacks: [bad], replaced: [] };
  const isAsked = (ip: Ip): boolean => includesIp(service.requestedAddresses, ip);
  const unwanted = held.filter((ip) => isToRelease(service, ip));
  const leaving = unwanted.filter((ip) => !isAsked(ip));
  const heldOf = (family: Family) => held.filter((ip) => ip.family === family);
  const needs: { family: Family; need: Need }[] = [];
  for (const family of service.families) {
    const taken = needs.flatMap(({ need }) => (need.kind === "take" ? need.ip : []));
    needs.push({ family, need: needOf(table, service, { family, has: heldOf(family), leaving, taken }) });
  }
  const families = needs.filter(({ need }) => need.kind === "choose").map(({ family }) => family);
  const ownPools = held.flatMap((ip) => spaceOf(table.index, ip)?.pool ?? []);
  const taken = needs.flatMap(({ need }) => (need.kind === "take" ? need.ip : []));
  const choice = chooseAddresses(table, service, { families, ownPools, taken, replaced: leaving });
  const refused = needs.flatMap(({ need }) => (need.kind === "refused" ? need.lack : []));
  const lacks = [...refused, ...choice.lacks];
  const gained = [...taken, ...choice.addresses];
  const isPartial = lacks.length > 0 && service.ipFamilyPolicy === "RequireDualStack";
  if (isPartial && held.length === 0) return { addresses: [], lacks, replaced: [] };
  const replaced = held.filter((ip) => {
    const others = leaving.includes(ip) ? [...gained, ...without(held, unwanted)] : gained;
    return others.some(({ family }) => family === ip.family);
  });
  return exchange(table, service, { held, gained, replaced, unwanted, lacks });
}

/** A family of a Service: what it has of it, what is to leave it, and what it is to get of the families before. */
interface FamilyNeed {
  readonly family: Family;
  readonly has: readonly Ip[];
  readonly leaving: readonly Ip[];
  readonly taken: readonly Ip[];
}

function needOf(table: ChoiceTable, service: Service, { family, has, leaving, taken }: FamilyNeed): Need {
  const request = service.requestedAddresses.find((ip) => ip.family === family);
  if (request !== undefined) {
    if (includesIp(has, request)) return { kind: "satisfied" };
    const lack = whyRefused(table, service, { ip: request, has, taken });
    return lack === undefined ? { kind: "take", ip: request } : { kind: "refused", lack };
  }
  const stays = without(has, leaving);
  if (stays.length === 0) return { kind: "choose" };
  const requested = requestedPoolsOf(table.pools, service);
  if (requested === undefined) return { kind: "satisfied" };
  const unknown = explainUnknownPool(table, service);
  if (unknown !== undefined) return { kind: "refused", lack: unknown };
  // From a pool that no longer serves the Service, it keeps it.
  if (stays.some((ip) => requested.includes(spaceOf(table.index, ip)?.pool.name ?? ""))) return { kind: "satisfied" };
  const lack = table.choosables.of(service).noPool;
  return lack === undefined ? { kind: "choose" } : { kind: "refused", lack };
}

function whyRefused(
  table: ChoiceTable,
  service: Service,
  { ip, has, taken }: { ip: Ip; has: readonly Ip[]; taken: readonly Ip[] },
): Lack | undefined {
  const { index, inUse, namespaces } = table;
  const requested = requestedPoolsOf(table.pools, service);
  const place = findPlace(index, ip);
  const holder = place?.space.pool;
  const lack =
    explainUnknownPool(table, service) ??
    explainNotInPool(ip, { holder, requested, isClosed: place?.isClosed === true, unserved: table.unserved });
  if (lack !== undefined || place === undefined || holder === undefined) return lack;
  const barred = explainBarred(ip, holder, { service, namespaces });
  if (barred !== undefined) return barred;
  const obstacle = obstacleTo(inUse, ip, service);
  if (obstacle !== undefined) return explainInUse(ip, obstacle);
  if (isKeptForAnother(table, ip, service)) return explainReserved(ip, holder);
  const isOver = isOverQuota(inUse, { ip, service }, { chosen: taken, replaced: has });
  return isOver ? explainQuota(place.space, service, ip) : undefined;
}

interface Exchange {
  readonly held: readonly Ip[];
  readonly gained: readonly Ip[];
  /** Those of `held` that go. */
  readonly replaced: readonly Ip[];
  /** Those of `held` that the Service is to release. */
  readonly unwanted: readonly Ip[];
  readonly lacks: readonly Lack[];
}

function exchange(
  table: ChoiceTable,
  service: Service,
  { held, gained, replaced, unwanted, lacks }: Exchange,
): Settled {
  for (const ip of gained) {
    if (!table.inUse.byAddress[ip.family].has(ip.value)) countUse(table.index, ip, 1);
    hold(table.inUse, ip, service);
  }
  for (const ip of replaced) leave(table.inUse, ip, service);
  const kept = without(held, replaced);
  // Of what it gains, only what it asks for can be one that it is to release.
  const stuck = [...without(unwanted, replaced), ...gained.filter((ip) => isToRelease(service, ip))];
  const orphaned = explainOrphaned(
    service,
    without(kept, stuck).filter((ip) => spaceOf(table.index, ip) === undefined),
    table.unserved,
  );
  const unreleased = explainNotReleased(service, stuck, lacks);
  return {
    addresses: [...kept, ...gained],
    lacks: [...(unreleased === undefined ? lacks : [unreleased]), ...(orphaned === undefined ? [] : [orphaned])],
    replaced: replaced.map((ip) => ({
      ip,
      reason: "AddressReleased",
      message: exchangedMessage(service, ip),
    })),
  };
}
