import { type Ip, printIp } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import type { MemberRecord } from "./member-record.ts";
import type { Node } from "./node.ts";
import type { Pool } from "./pool.ts";
import { CONFIG_MAP_KEY } from "./pool-config.ts";
import type { Problem } from "./problem.ts";
import type { ProblemCode } from "./problem-codes.ts";

/** An address that something on the network has itself, so that no Service can have it. */
export interface HostAddress {
  readonly ip: Ip;
  /** As a message names it: `Node "n1"`. */
  readonly owner: string;
  /** The Problem of a pool that contains the address. */
  readonly code: ProblemCode;
}

/** The addresses of hosts by canonical text: no Service can have one of these. */
export type HostAddresses = ReadonlyMap<string, HostAddress>;

/**
 * Collects the addresses of the Nodes by their statuses, internal and external, and by the members' records those of
 * their interfaces and default gateways. One that several have is named after the first of these.
 */
export function hostAddressesOf(
  nodes: readonly Node[],
  memberRecords: readonly Pick<MemberRecord, "node" | "gateways" | "interfaces">[] = [],
): HostAddresses {
  const found = new Map<string, HostAddress>();
  const add = (ips: readonly Ip[], owner: string, code: ProblemCode): void => {
    for (const ip of ips) if (!found.has(printIp(ip))) found.set(printIp(ip), { ip, owner, code });
  };
  for (const { name, internalAddresses, externalAddresses } of nodes)
    add([...internalAddresses, ...externalAddresses], `Node "${name}"`, "POOL_HAS_NODE_ADDRESS");
  for (const { node, interfaces } of memberRecords)
    for (const { name, addresses } of interfaces)
      add(addresses, `interface "${name}" of node "${node}"`, "POOL_HAS_NODE_ADDRESS");
  for (const { node, gateways } of memberRecords)
    add(gateways, `the default gateway of node "${node}"`, "POOL_HAS_GATEWAY");
  return found;
}

/** The addresses of hosts that pools contain, as warnings: each is skipped, and the pool is used without it. */
export function findHostAddresses(
  pools: readonly Pool[],
  addresses: HostAddresses,
  configMap = CONFIG_MAP_KEY,
): readonly Problem[] {
  return [...addresses].flatMap(([text, { ip, owner, code }]) => {
    const pool = pools.find(({ ranges }) => ranges.some((range) => rangeContains(range, ip)));
    if (pool === undefined) return [];
    return {
      code,
      where: `ConfigMap "${configMap}" pool "${pool.name}"`,
      what: `Never assigns ${text}`,
      why: `${owner} has it`,
      fix: "Take it out of the pool",
      severity: "warning",
    };
  });
}
