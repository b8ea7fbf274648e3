import { type Ip, equalIps, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { nameOfFamily } from "./explain.ts";
import { block, hold, type InUse, obstacleTo } from "./in-use.ts";
import type { Released } from "./snapshot.ts";

/** What a Service keeps of what its status holds, and what not. */
export interface Adoption {
  readonly held: readonly Ip[];
  readonly released: readonly Released[];
}

/** Whether the Service is one of those we give addresses to. */
function isOurs(service: Service, loadBalancerClass: string | undefined): boolean {
  return service.type === "LoadBalancer" && service.loadBalancerClass === loadBalancerClass;
}

/** Who has to be asked what he has: Services oldest first, and those that cannot be read by their keys. */
export interface Claimants {
  readonly services: readonly Service[];
  readonly unreadable: Iterable<readonly [string, readonly Ip[]]>;
  /** The addresses of the Nodes among those it is about. */
  readonly nodeAddresses: Iterable<{ readonly ip: Ip; readonly node: string }>;
}

/**
 * Adopts all that is in status, before anything new is given out. Services come oldest first. What others hold
 * (another class, unreadable, no longer LoadBalancer) or give up in this plan is closed to newcomers afterwards, so
 * that it never takes an address from one of ours; so are the addresses of the Nodes. Returns the adoptions of ours.
 */
export function adoptAll(
  inUse: InUse,
  { services, unreadable, nodeAddresses }: Claimants,
  loadBalancerClass: string | undefined,
): ReadonlyMap<string, Adoption> {
  const adoptions = new Map<string, Adoption>();
  const closed: { readonly ip: Ip; readonly closer: string }[] = [];
  for (const service of services) {
    const adoption = isOurs(service, loadBalancerClass) ? adopt(inUse, service) : undefined;
    if (adoption !== undefined) adoptions.set(service.key, adoption);
    const foreign = adoption?.released.map(({ ip }) => ip) ?? service.assignedAddresses;
    for (const ip of foreign) closed.push({ ip, closer: service.key });
  }
  for (const [closer, addresses] of unreadable) for (const ip of addresses) closed.push({ ip, closer });
  for (const { ip, closer } of closed) block(inUse, ip, { closer, holder: closer, why: "it cannot be shared now" });
  for (const { ip, node } of nodeAddresses)
    block(inUse, ip, { closer: undefined, holder: `Node "${node}"`, why: "no Service can have it" });
  return adoptions;
}

function adopt(inUse: InUse, service: Service): Adoption {
  const held: Ip[] = [];
  const released: Released[] = [];
  for (const ip of service.assignedAddresses) {
    if (held.some((other) => equalIps(other, ip))) continue;
    const refused = whyReleased(inUse, { service, held, ip });
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
  { service, held, ip }: { service: Service; held: readonly Ip[]; ip: Ip },
): Released | undefined {
  const text = printIp(ip);
  const family = nameOfFamily(ip.family);
  if (!service.families.includes(ip.family))
    return { ip, reason: "AddressReleased", message: `${text}: the Service no longer takes ${family}.` };
  if (held.some((other) => other.family === ip.family))
    return {
      ip,
      reason: "AddressReleased",
      message: `${text}: a Service has one ${family} address, and it has another.`,
    };
  const obstacle = obstacleTo(inUse, ip, service);
  if (obstacle === undefined) return undefined;
  const message = `${text}: ${obstacle.holder} is older and keeps it, and ${obstacle.why}.`;
  return { ip, reason: "AddressConflict", message };
}
