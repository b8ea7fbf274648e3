import { type Family, type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import type { Adoption } from "./adopt.ts";
import { explainNotOurs } from "./explain.ts";
import { findPlace, type PoolIndex, spaceOf } from "./pool-space.ts";
import type { Settled } from "./settle.ts";
import { sharingTermsOf } from "./sharing.ts";
import type { Assignment, Released } from "./snapshot.ts";

/** What was found for one of our Services: what it keeps of its status, and what it was given or lacks. `outcome` is undefined while there never were pools. */
export interface Findings {
  readonly adoption: Adoption;
  readonly outcome: Settled | undefined;
}

/** The decision for a Service; `findings` is undefined where the Service is not ours. */
export function decide(index: PoolIndex, service: Service, findings: Findings | undefined): Assignment {
  if (findings === undefined) return decideForeign(service);
  const { adoption, outcome } = findings;
  return outcome === undefined ? decideWithoutPools(service) : decideOurs(index, service, { adoption, outcome });
}

/**
 * Whether the decision stays the same while only other Services change, except those that share its addresses: the Service
 * waits for nothing that they may have, and its status holds what it was given.
 */
export function isAtRest({ kind, released }: Assignment, findings: Findings | undefined): boolean {
  if (kind === "assign" || kind === "release" || released.length > 0) return false;
  const lacks = findings?.outcome?.lacks ?? [];
  return lacks.every(({ reason }) => reason === "AddressOrphaned" || reason === "BadRequest");
}

function decideForeign(service: Service): Assignment {
  const { assignedAddresses, type, loadBalancerClass } = service;
  if (type === "LoadBalancer") {
    const message = `spec.loadBalancerClass is ${loadBalancerClass === undefined ? "not set" : `"${loadBalancerClass}"`}.`;
    const reason = "OtherLoadBalancerClass";
    return { kind: "ignore", addresses: assignedAddresses, ...NOTHING_GIVEN, reason, message, released: [] };
  }
  const reason = "AddressReleased";
  const message = `A Service of type ${type} has no address from a pool.`;
  const released = assignedAddresses.map((ip): Released => ({ ip, reason, message: `${printIp(ip)}: ${message}` }));
  const kind = released.length > 0 ? "release" : "ignore";
  return { kind, addresses: [], ...NOTHING_GIVEN, reason, message, released };
}

function decideWithoutPools({ assignedAddresses }: Service): Assignment {
  const message =
    "There is no configuration that can be read yet. Write pools into the ConfigMap, or create IPAddressPools.";
  const kind = assignedAddresses.length > 0 ? "ignore" : "pending";
  return { kind, addresses: assignedAddresses, ...NOTHING_GIVEN, reason: "NoPoolConfigured", message, released: [] };
}

function decideOurs(
  index: PoolIndex,
  service: Service,
  { adoption, outcome }: { adoption: Adoption; outcome: Settled },
): Assignment {
  const { addresses, lacks, replaced } = outcome;
  const foreign = adoption.released.filter(({ reason }) => reason === "AddressNotOurs");
  if (addresses.length === 0 && foreign.length > 0) return leaveForeign(adoption, outcome);
  const before = service.assignedAddresses;
  const ordered = inStatusOrder(before, inFamilyOrder(service.families, addresses));
  const released = [...adoption.released, ...replaced];
  const same = ordered.length === before.length && ordered.every((ip, at) => ip.value === before[at]?.value);
  const kind = same ? (before.length > 0 ? "keep" : "pending") : ordered.length > 0 ? "assign" : "release";
  return {
    kind,
    addresses: ordered,
    pool: poolsOf(index, service, ordered),
    terms: ordered.length === 0 ? undefined : sharingTermsOf(service),
    released,
    ...verdict(index, ordered, lacks),
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

/**
 * The status keeps what another provider wrote while there is nothing to replace it: it may serve, and an empty status
 * would help no one. What no Service can have goes all the same.
 */
function leaveForeign(adoption: Adoption, outcome: Settled): Assignment {
  const addresses = adoption.released.filter(({ reason }) => reason === "AddressNotOurs").map(({ ip }) => ip);
  const released = adoption.released.filter(({ reason }) => reason !== "AddressNotOurs");
  const kind = released.length === 0 ? "keep" : "assign";
  return { kind, addresses, ...NOTHING_GIVEN, released, ...explainNotOurs(addresses, outcome.lacks) };
}

const NOTHING_GIVEN = { pool: undefined, terms: undefined } as const;

function poolsOf(index: PoolIndex, { allocatedFrom }: Service, addresses: readonly Ip[]): string | undefined {
  const before = (allocatedFrom ?? "").split(",").filter((name) => name !== "");
  const names = addresses.flatMap((ip) => spaceOf(index, ip)?.pool.name ?? before);
  return names.length === 0 ? undefined : [...new Set(names)].join(",");
}

function verdict(index: PoolIndex, addresses: readonly Ip[], lacks: Settled["lacks"]) {
  const described = addresses.map((ip) => {
    const place = findPlace(index, ip);
    if (place === undefined) return printIp(ip);
    const closed = place.isClosed ? " (which no longer assigns it: it keeps serving)" : "";
    return `${printIp(ip)} from pool "${place.space.pool.name}"${closed}`;
  });
  const has = described.length === 0 ? "" : `Has ${described.join(" and ")}.`;
  const [first] = lacks;
  if (first === undefined) return { reason: "AddressAssigned", message: has } as const;
  return { reason: first.reason, message: [has, ...new Set(lacks.map(({ message }) => message))].join(" ").trim() };
}
