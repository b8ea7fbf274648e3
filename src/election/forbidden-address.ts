import { type Ip, printIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import type { MemberRecord } from "#src/model/member-record.ts";
import type { Node } from "#src/model/node.ts";

/** Why no speaker announces an address, whatever any object says: a closed set, shown in reports, status and metrics. */
export type ForbiddenReason = HostReason | "NotOurs";

/** Why nothing but its own machine ever answers for an address. */
type HostReason = "NodeAddress" | "MemberAddress" | "GatewayAddress" | "ReservedAddress";

/** An address that is never announced. */
export interface ForbiddenAddress {
  readonly reason: HostReason;
  /** Whose it is, as the end of a sentence: `the address of Node "n1"`. */
  readonly use: string;
}

/** The addresses that machines of the cluster and their gateways have, by canonical text. */
export type HostAddresses = ReadonlyMap<string, ForbiddenAddress>;

/**
 * Collects the addresses of the Nodes, of the interfaces that members announce on, and of their default gateways. To
 * announce one of these takes it away from the machine that has it.
 */
export function hostAddressesOf(nodes: Iterable<Node>, members: Iterable<MemberRecord>): HostAddresses {
  const found = new Map<string, ForbiddenAddress>();
  const add = (ips: readonly Ip[], forbidden: ForbiddenAddress): void => {
    for (const ip of ips) {
      const key = printIp(ip);
      if (!found.has(key)) found.set(key, forbidden);
    }
  };
  for (const { name, internalAddresses, externalAddresses } of nodes)
    add([...internalAddresses, ...externalAddresses], { reason: "NodeAddress", use: `the address of Node "${name}"` });
  const records = [...members];
  for (const { node, addresses, interfaces } of records) {
    add(addresses, { reason: "MemberAddress", use: `an address of the machine "${node}"` });
    for (const { name, addresses: own } of interfaces)
      add(own, { reason: "MemberAddress", use: `an address of interface "${name}" of the machine "${node}"` });
  }
  for (const { node, gateways } of records)
    add(gateways, { reason: "GatewayAddress", use: `the default gateway of the machine "${node}"` });
  return found;
}

/** Why an address is never announced; undefined if it may be. */
export function whyForbidden(ip: Ip, hostAddresses: HostAddresses): ForbiddenAddress | undefined {
  const use = reservedUse(ip);
  if (use !== undefined) return { reason: "ReservedAddress", use: `reserved (${use})` };
  return hostAddresses.get(printIp(ip));
}
