import { type Ip, printIp } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
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

/** The addresses of the Nodes by canonical text: no Service can have one of these. */
export type HostAddresses = ReadonlyMap<string, HostAddress>;

/** Collects what the statuses of the Nodes say, internal and external. */
export function hostAddressesOf(nodes: readonly Node[]): HostAddresses {
  const found = new Map<string, HostAddress>();
  for (const { name, internalAddresses, externalAddresses } of nodes)
    for (const ip of [...internalAddresses, ...externalAddresses])
      found.set(printIp(ip), { ip, owner: `Node "${name}"`, code: "POOL_HAS_NODE_ADDRESS" });
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
      why: `it is the address of ${owner}`,
      fix: "Take it out of the pool",
      severity: "warning",
    };
  });
}
