import { bitsOf, type Ip, printIp } from "#src/ip/address.ts";
import type { MemberRecord } from "./member-record.ts";
import type { Node } from "./node.ts";
import { findRange, type LineOfRange, type Pool } from "./pool.ts";
import { CONFIG_MAP_KEY } from "./config-map-key.ts";
import type { Problem } from "./problem.ts";
import { poolPlace } from "./pool-place.ts";

/** Why nothing but a host ever answers for an address. */
type HostReason = "NodeAddress" | "MemberAddress" | "GatewayAddress";

/** An address that something on the network has itself, so that no Service can have it. */
export interface HostAddress {
  readonly ip: Ip;
  readonly reason: HostReason;
  /** As a message names it: `Node "n1"`, `interface "eth0" of node "n1"`, `the default gateway of node "n1"`. */
  readonly owner: string;
  /** It is a network of its own on an interface (/32, /128): another program put it there, as providers do for Services. */
  readonly isPlaced?: true;
}

/** The addresses of hosts by canonical text: no Service can have one of these. */
export type HostAddresses = ReadonlyMap<string, HostAddress>;

type Hosts = Pick<MemberRecord, "node" | "addresses" | "gateways" | "interfaces" | "machineAddresses">;

/**
 * Collects the addresses of the Nodes by their statuses, internal and external, and by the members' records those of
 * their machines, with those of all interfaces, and their default gateways. To announce one of these takes it away from the host that
 * has it. One that several have is named after the first of these.
 */
export function hostAddressesOf(nodes: Iterable<Node>, memberRecords: Iterable<Hosts> = []): HostAddresses {
  const found = new Map<string, HostAddress>();
  const add = (ips: readonly Ip[], reason: HostReason, owner: string, subnets: readonly string[] = []): void => {
    for (const ip of ips) {
      const text = printIp(ip);
      const isPlaced = subnets.includes(`${text}/${bitsOf(ip.family)}`);
      if (!found.has(text)) found.set(text, { ip, reason, owner, ...(isPlaced && { isPlaced }) });
    }
  };
  for (const { name, internalAddresses, externalAddresses } of nodes)
    add([...internalAddresses, ...externalAddresses], "NodeAddress", `Node "${name}"`);
  const members = [...memberRecords];
  for (const { node, addresses, interfaces, machineAddresses } of members) {
    for (const { ip, prefixLength, interfaceName } of machineAddresses)
      add([ip], "MemberAddress", `interface "${interfaceName}" of node "${node}"`, [`${printIp(ip)}/${prefixLength}`]);
    // In records of earlier versions these are all that there is.
    for (const { name, addresses: own, subnets } of interfaces)
      add(own, "MemberAddress", `interface "${name}" of node "${node}"`, subnets);
    add(addresses, "MemberAddress", `node "${node}"`);
  }
  for (const { node, gateways } of members) add(gateways, "GatewayAddress", `the default gateway of node "${node}"`);
  return found;
}

/** The addresses of hosts that pools contain, as warnings: each is skipped, and the pool is used without it. */
export function findHostAddresses(
  pools: readonly Pool[],
  addresses: HostAddresses,
  configMap = CONFIG_MAP_KEY,
  lineOf: LineOfRange = () => undefined,
): readonly Problem[] {
  return [...addresses].flatMap(([text, { ip, reason, owner }]) => {
    const found = findRange(pools, ip);
    if (found === undefined) return [];
    const { pool, range } = found;
    const line = lineOf(pool, range);
    return {
      code: reason === "GatewayAddress" ? "POOL_HAS_GATEWAY" : "POOL_HAS_NODE_ADDRESS",
      at: poolPlace(pool, configMap),
      what: `Never assigns ${text}`,
      why: `${owner} has it`,
      fix: "Take it out of the pool",
      severity: "warning",
      ...(line === undefined ? {} : { line }),
    };
  });
}
