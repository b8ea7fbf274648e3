import { type Ip, printIp } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import type { Node } from "./node.ts";
import type { Pool } from "./pool.ts";
import { CONFIG_MAP_KEY } from "./pool-config.ts";
import type { Problem } from "./problem.ts";

/** The addresses that the Nodes have themselves, by canonical text: no Service can have one of these. */
export type NodeAddresses = ReadonlyMap<string, { readonly ip: Ip; readonly node: string }>;

/** Collects what the statuses of the Nodes say, internal and external. */
export function nodeAddressesOf(nodes: readonly Node[]): NodeAddresses {
  return new Map(
    nodes.flatMap(({ name, internalAddresses, externalAddresses }) =>
      [...internalAddresses, ...externalAddresses].map((ip) => [printIp(ip), { ip, node: name }] as const),
    ),
  );
}

/** The addresses of Nodes that pools contain, as warnings: each is passed over, and the pool is used without it. */
export function findNodeAddresses(
  pools: readonly Pool[],
  addresses: NodeAddresses,
  configMap = CONFIG_MAP_KEY,
): readonly Problem[] {
  return [...addresses].flatMap(([text, { ip, node }]) => {
    const pool = pools.find(({ ranges }) => ranges.some((range) => rangeContains(range, ip)));
    if (pool === undefined) return [];
    return {
      code: "POOL_HAS_NODE_ADDRESS",
      where: `ConfigMap "${configMap}" pool "${pool.name}"`,
      what: `Never gives out ${text}`,
      why: `it is the address of Node "${node}"`,
      fix: "Take it out of the pool",
      severity: "warning",
    };
  });
}
