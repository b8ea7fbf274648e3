/**
 * Which address for which Service. The rules:
 *
 *  1. The cluster is the state: everything in a status is adopted before the first new address is given out, oldest
 *     Service first (creation time, then key). An address in use never moves to satisfy another request.
 *  2. Two statuses with one address that may not share it: the older Service keeps it, the other gives it up
 *     (AddressConflict) and gets a new one like any Service without.
 *  3. An address that no pool contains any more keeps serving and is marked AddressOrphaned. One that a pool contains
 *     keeps serving also when the pool is now named differently, has auto-assign off, or began to avoid buggy addresses.
 *  4. A requested address is given if a pool contains it (auto-assign off included) and it is free or may be shared. A
 *     refused request waits: it gets no other address instead. A requested pool is used even with auto-assign off.
 *  5. A request that changes on a Service with an address is make-before-break: it keeps what it has until the new one
 *     can be had, then both change in one step.
 *  6. Sharing: same non-empty key, no equal protocol and port, same backend (sharing.ts).
 *  7. PreferDualStack takes what there is, says what lacks and takes the other family later, from any pool.
 *     RequireDualStack gets both or none; what it already has it keeps.
 *  8. The choice: pools as declared, in them ranges as declared, in them the lowest address that is free and rested or
 *     may be shared; if only resting ones are free, the one that rests longest.
 *  9. Waiting Services are served oldest first.
 * 10. What a plan releases is free in the next plan, when the release stands in the status: no moment has two owners.
 * 11. A request that cannot be read (BadRequest) changes nothing: the Service keeps what it has and gets nothing new.
 * 12. The address of a Node is given to nobody, whatever pool contains it; it counts as in use.
 * 13. While there never was a good configuration, no status of a LoadBalancer Service is touched.
 */
import { type Family, type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { type Adoption, adoptAll } from "./adopt.ts";
import type { Table } from "./choose.ts";
import { noneInUse } from "./in-use.ts";
import { indexPools, type PoolIndex, spaceOf } from "./pool-space.ts";
import { settle, type Settled } from "./settle.ts";
import type { Assignment, AssignmentPlan, AssignmentSnapshot, PoolUsage, Released } from "./snapshot.ts";

/** Decides for every Service which addresses it shall have, and says why. Deterministic; never throws for bad input. */
export function planAssignments(snapshot: AssignmentSnapshot): AssignmentPlan {
  const services = [...snapshot.services.values()].sort(byAge);
  const pools = snapshot.pools ?? [];
  const table: Table = { pools, index: indexPools(pools, snapshot), inUse: noneInUse() };
  const adoptions = adoptAll(table.inUse, services, snapshot);
  countUsed(table);
  const settled = snapshot.pools === undefined ? undefined : settleAll(table, services, adoptions);
  const assignments = new Map<string, Assignment>();
  for (const service of services) {
    const adoption = adoptions.get(service.key);
    const outcome = settled?.get(service.key);
    if (adoption === undefined) assignments.set(service.key, decideForeign(service));
    else if (outcome === undefined) assignments.set(service.key, decideWithoutPools(service));
    else assignments.set(service.key, decide(table.index, service, { adoption, outcome }));
  }
  return { assignments, pools: usageOf(table.index) };
}

/**
 * Settles our Services, oldest first; then those that lack something once more: what they are told must be true after
 * the last has got its address, or the next plan would tell them something else.
 */
function settleAll(
  table: Table,
  services: readonly Service[],
  adoptions: ReadonlyMap<string, Adoption>,
): ReadonlyMap<string, Settled> {
  const settled = new Map<string, Settled>();
  for (const service of services) {
    const adoption = adoptions.get(service.key);
    if (adoption !== undefined) settled.set(service.key, settle(table, service, adoption.held));
  }
  for (const service of services) {
    const first = settled.get(service.key);
    if (first === undefined || first.complaints.length === 0) continue;
    const second = settle(table, service, first.addresses);
    settled.set(service.key, { ...second, replaced: [...first.replaced, ...second.replaced] });
  }
  return settled;
}

function byAge(left: Service, right: Service): number {
  return left.createdMs - right.createdMs || (left.key < right.key ? -1 : 1);
}

function countUsed({ index, inUse }: Table): void {
  for (const uses of Object.values(inUse.byAddress)) {
    for (const { ip } of uses.values()) {
      const space = spaceOf(index, ip);
      if (space !== undefined) space.used++;
    }
  }
}

function decideForeign(service: Service): Assignment {
  const { assignedAddresses, type, loadBalancerClass } = service;
  if (type === "LoadBalancer") {
    const message = `spec.loadBalancerClass is ${loadBalancerClass === undefined ? "not set" : `"${loadBalancerClass}"`}.`;
    const reason = "OtherLoadBalancerClass";
    return { kind: "ignore", addresses: assignedAddresses, pool: undefined, reason, message, released: [] };
  }
  const reason = "AddressReleased";
  const message = `A Service of type ${type} has no address from a pool.`;
  const released = assignedAddresses.map((ip): Released => ({ ip, reason, message: `${printIp(ip)}: ${message}` }));
  const kind = released.length > 0 ? "release" : "ignore";
  return { kind, addresses: [], pool: undefined, reason, message, released };
}

function decideWithoutPools({ assignedAddresses }: Service): Assignment {
  const message = "There is no configuration that can be read yet. Write pools into the ConfigMap.";
  const kind = assignedAddresses.length > 0 ? "ignore" : "pending";
  return { kind, addresses: assignedAddresses, pool: undefined, reason: "NoPoolConfigured", message, released: [] };
}

function decide(
  index: PoolIndex,
  service: Service,
  { adoption, outcome }: { adoption: Adoption; outcome: Settled },
): Assignment {
  const { addresses, complaints, replaced } = outcome;
  const before = service.assignedAddresses;
  const ordered = inStatusOrder(before, inFamilyOrder(service.families, addresses));
  const released = [...adoption.released, ...replaced];
  const same = ordered.length === before.length && ordered.every((ip, at) => ip.value === before[at]?.value);
  const kind = same ? (before.length > 0 ? "keep" : "pending") : ordered.length > 0 ? "assign" : "release";
  return {
    kind,
    addresses: ordered,
    pool: poolsOf(index, ordered),
    released,
    ...verdict(index, ordered, complaints),
  };
}

function inFamilyOrder(families: readonly Family[], addresses: readonly Ip[]): readonly Ip[] {
  return families.flatMap((family) => addresses.filter((ip) => ip.family === family));
}

/** A status that holds the right addresses in another order stays as it is. */
function inStatusOrder(before: readonly Ip[], after: readonly Ip[]): readonly Ip[] {
  const isKept = (ip: Ip) => after.some((other) => other.family === ip.family && other.value === ip.value);
  return before.length === after.length && before.every(isKept) ? before : after;
}

function poolsOf(index: PoolIndex, addresses: readonly Ip[]): string | undefined {
  const names = addresses.flatMap((ip) => spaceOf(index, ip)?.pool.name ?? []);
  return names.length === 0 ? undefined : [...new Set(names)].join(",");
}

function verdict(index: PoolIndex, addresses: readonly Ip[], complaints: Settled["complaints"]) {
  const described = addresses.map((ip) => {
    const pool = spaceOf(index, ip)?.pool.name;
    return pool === undefined ? printIp(ip) : `${printIp(ip)} from pool "${pool}"`;
  });
  const has = described.length === 0 ? "" : `Has ${described.join(" and ")}.`;
  const [first] = complaints;
  if (first === undefined) return { reason: "AddressAssigned", message: has } as const;
  return { reason: first.reason, message: [has, ...complaints.map(({ message }) => message)].join(" ").trim() };
}

function usageOf(index: PoolIndex): PoolUsage[] {
  return index.pools.flatMap(({ ipv4, ipv6 }) =>
    [ipv4, ipv6].flatMap((space) =>
      space === undefined ? [] : [{ pool: space.pool.name, family: space.family, size: space.size, used: space.used }],
    ),
  );
}
