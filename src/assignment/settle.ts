import { equalIps, type Family, type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { type ChoiceTable, chooseAddresses } from "./choose.ts";
import {
  type Lack,
  explainBadRequest,
  explainInUse,
  explainNoPool,
  explainNotDual,
  explainNotInPool,
  explainOrphaned,
} from "./explain.ts";
import { hold, obstacleTo } from "./in-use.ts";
import { spaceOf } from "./pool-space.ts";
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
  const heldOf = (family: Family) => held.filter((ip) => ip.family === family);
  const needs = service.families.map((family) => ({
    family,
    need: needOf(table, service, { family, has: heldOf(family) }),
  }));
  const families = needs.filter(({ need }) => need.kind === "choose").map(({ family }) => family);
  const ownPools = held.flatMap((ip) => spaceOf(table.index, ip)?.pool ?? []);
  const choice = chooseAddresses(table, service, { families, ownPools });
  const taken = needs.flatMap(({ need }) => (need.kind === "take" ? need.ip : []));
  const refused = needs.flatMap(({ need }) => (need.kind === "refused" ? need.lack : []));
  const lacks = [...refused, ...choice.lacks];
  const isPartial = lacks.length > 0 && service.ipFamilyPolicy === "RequireDualStack";
  if (isPartial && held.length === 0) return { addresses: [], lacks, replaced: [] };
  return exchange(table, service, { held, gained: [...taken, ...choice.addresses], lacks });
}

function needOf(table: ChoiceTable, service: Service, { family, has }: { family: Family; has: readonly Ip[] }): Need {
  const request = service.requestedAddresses.find((ip) => ip.family === family);
  if (request !== undefined) {
    if (has.some((ip) => equalIps(ip, request))) return { kind: "satisfied" };
    return needOfRequest(table, service, request);
  }
  if (has.length === 0) return { kind: "choose" };
  const requested = requestedPoolsOf(table.pools, service);
  if (requested === undefined) return { kind: "satisfied" };
  const lack = explainNoPool(table.pools, service);
  if (lack !== undefined) return { kind: "refused", lack };
  const isFromThese = has.some((ip) => requested.includes(spaceOf(table.index, ip)?.pool.name ?? ""));
  return { kind: isFromThese ? "satisfied" : "choose" };
}

function needOfRequest(table: ChoiceTable, service: Service, ip: Ip): Need {
  const requested = requestedPoolsOf(table.pools, service);
  const noPool = requested === undefined ? undefined : explainNoPool(table.pools, service);
  if (noPool !== undefined) return { kind: "refused", lack: noPool };
  const outside = explainNotInPool(ip, { holder: spaceOf(table.index, ip)?.pool, requested });
  if (outside !== undefined) return { kind: "refused", lack: outside };
  const obstacle = obstacleTo(table.inUse, ip, service);
  return obstacle === undefined ? { kind: "take", ip } : { kind: "refused", lack: explainInUse(ip, obstacle) };
}

function exchange(
  table: ChoiceTable,
  service: Service,
  { held, gained, lacks }: { held: readonly Ip[]; gained: readonly Ip[]; lacks: readonly Lack[] },
): Settled {
  for (const ip of gained) {
    const space = spaceOf(table.index, ip);
    if (space !== undefined && !table.inUse.byAddress[ip.family].has(ip.value)) space.used++;
    hold(table.inUse, ip, service);
  }
  const isReplaced = (ip: Ip) => gained.some((other) => other.family === ip.family);
  const kept = held.filter((ip) => !isReplaced(ip));
  const orphaned = explainOrphaned(kept.filter((ip) => spaceOf(table.index, ip) === undefined));
  return {
    addresses: [...kept, ...gained],
    lacks: orphaned === undefined ? lacks : [...lacks, orphaned],
    replaced: held.filter(isReplaced).map((ip) => ({
      ip,
      reason: "AddressReleased",
      message: `${printIp(ip)}: exchanged for the requested address or pool.`,
    })),
  };
}
