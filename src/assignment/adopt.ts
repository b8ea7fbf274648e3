import { type Ip, nameOfFamily, printIp } from "#src/ip/address.ts";
import { whyForbidden } from "#src/model/forbidden-address.ts";
import type { HostAddress, HostAddresses } from "#src/model/host-addresses.ts";
import { type Service, wasAssigned } from "#src/model/service.ts";
import { block, type Closer, hold, type InUse, obstacleTo } from "./in-use.ts";
import { type PoolIndex, spaceOf } from "./pool-space.ts";
import { isEdited } from "./sharing.ts";
import type { Released } from "./snapshot.ts";
import { isOurService, type ServiceClass } from "#src/model/service-class.ts";

/** What a Service keeps of what its status holds, and what not. */
export interface Adoption {
  readonly held: readonly Ip[];
  readonly released: readonly Released[];
}

/** The Services that are asked what they have: oldest first, and those that cannot be read by their keys. */
export interface Claimants {
  readonly services: readonly Service[];
  readonly unreadable: Iterable<readonly [string, readonly Ip[]]>;
  /** The addresses of hosts among those it is about. */
  readonly hosts: Iterable<HostAddress>;
}

/** What decides about the addresses in statuses, besides the Services. */
export interface AdoptionGround extends ServiceClass {
  readonly index: PoolIndex;
  readonly hostAddresses: HostAddresses;
}

/**
 * Adopts what is ours of all that is in statuses, before anything new is assigned: the Services that were not edited
 * first, then those that were, the oldest first in each of the two. What others hold (another class, unreadable, no
 * longer LoadBalancer, external IPs) or give up in this plan is closed to newcomers afterwards, and so are the addresses
 * of hosts. Returns the adoptions of our Services.
 */
export function adoptAll(
  inUse: InUse,
  { services, unreadable, hosts }: Claimants,
  ground: AdoptionGround,
): ReadonlyMap<string, Adoption> {
  const adoptions = new Map<string, Adoption>();
  for (const service of [...services.filter(isUntouched), ...services.filter(isEdited)])
    if (isOurService(service, ground)) adoptions.set(service.key, adopt(inUse, service, ground));
  for (const { ip, owner } of hosts) block(inUse, ip, hostCloser(owner));
  for (const service of services) {
    const { key, assignedAddresses, externalIps } = service;
    const others = adoptions.get(key)?.released.map(({ ip }) => ip) ?? assignedAddresses;
    for (const ip of others) block(inUse, ip, closerOf(key));
    for (const ip of externalIps)
      block(inUse, ip, { key, holder: key, why: "it is in spec.externalIPs there", isForOthersOnly: true });
    for (const ip of service.leavingAddresses ?? []) block(inUse, ip, leavingCloser(key));
  }
  for (const [key, addresses] of unreadable) for (const ip of addresses) block(inUse, ip, closerOf(key));
  return adoptions;
}

function isUntouched(service: Service): boolean {
  return !isEdited(service);
}

function hostCloser(owner: string): Closer {
  return { key: undefined, holder: owner, why: "no Service can have it", isHost: true, isForOthersOnly: false };
}

function leavingCloser(key: string): Closer {
  const why = "it is moving from it to another address";
  return { key, holder: key, why, isForOthersOnly: true, isLeaving: true };
}

function closerOf(key: string): Closer {
  return { key, holder: key, why: "it cannot be shared now", isForOthersOnly: false };
}

function adopt(inUse: InUse, service: Service, ground: AdoptionGround): Adoption {
  const held: Ip[] = [];
  const released: Released[] = [];
  for (const ip of service.assignedAddresses) {
    const refused = whyReleased(inUse, { service, ip }, ground);
    if (refused !== undefined) released.push(refused);
    else {
      hold(inUse, ip, service);
      held.push(ip);
    }
  }
  return { held, released };
}

function whyReleased(
  inUse: InUse,
  { service, ip }: { service: Service; ip: Ip },
  { index, hostAddresses }: AdoptionGround,
): Released | undefined {
  const forbidden = isLeftover(service, ip, hostAddresses) ? undefined : whyForbidden(ip, hostAddresses);
  if (forbidden !== undefined)
    return {
      ip,
      reason: "AddressUnusable",
      message: `${printIp(ip)}: it is ${forbidden.use}, and no Service can have it.`,
    };
  if (!service.families.includes(ip.family))
    return {
      ip,
      reason: "AddressReleased",
      message: `${printIp(ip)}: the Service no longer takes ${nameOfFamily(ip.family)}.`,
    };
  if (!wasAssigned(service, ip) && spaceOf(index, ip) === undefined)
    return {
      ip,
      reason: "AddressNotOurs",
      message: `${printIp(ip)}: no pool contains it, and Hawser did not assign it.`,
    };
  const obstacle = obstacleTo(inUse, ip, service);
  if (obstacle === undefined) return undefined;
  const { holder, why } = obstacle;
  const text = printIp(ip);
  const message = isEdited(service)
    ? `${text}: it stays with ${holder}, because this Service was changed and ${why}.`
    : `${text}: ${holder} is older and keeps it, and ${why}.`;
  return { ip, reason: "AddressConflict", message };
}

/**
 * Whether an address that Hawser assigned to the Service was put on the interface of a node since, by a former provider or
 * a person. The Service keeps it, unannounced and with the cause in its condition, because clients know it and the
 * interface can be freed. What a host has in a network of its own stays the host's.
 */
function isLeftover(service: Service, ip: Ip, hostAddresses: HostAddresses): boolean {
  return hostAddresses.size > 0 && hostAddresses.get(printIp(ip))?.isPlaced === true && wasAssigned(service, ip);
}
