import type { Ip } from "#src/ip/address.ts";
import { type Cidr, cidrContains, printCidr } from "#src/ip/cidr.ts";
import { rangeOf, rangesOverlap } from "#src/ip/range.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Problem } from "#src/model/problem.ts";
import { SUBNETS_PER_HEARTBEAT } from "#src/wire/heartbeat.ts";

/** Which of a speaker's networks its heartbeats name. */
export interface NetworksToTell {
  readonly told: readonly Cidr[];
  /** Needed, and there is no room for them. */
  readonly left: readonly Cidr[];
}

/** Where addresses come from. */
export interface AddressDemand {
  readonly wanted: Iterable<{ readonly ip: Ip }>;
  readonly pools: readonly Pick<Pool, "ranges">[];
}

/**
 * Chooses the networks that the other speakers have to know of, where a heartbeat has no room for all: those with a
 * wanted address, then those with a pool's range, so that a new address finds its candidates. A speaker stands for
 * addresses of no other network: the others would elect another one.
 */
export function networksToTell(own: readonly Cidr[], { wanted, pools }: AddressDemand): NetworksToTell {
  if (own.length <= SUBNETS_PER_HEARTBEAT) return { told: own, left: [] };
  const used = new Set<Cidr>();
  for (const { ip } of wanted)
    for (const network of own) if (!used.has(network) && cidrContains(network, ip)) used.add(network);
  const isPooled = (network: Cidr): boolean =>
    pools.some(({ ranges }) => ranges.some((range) => rangesOverlap(range, rangeOf(network))));
  const needed = [
    ...own.filter((network) => used.has(network)),
    ...own.filter((one) => !used.has(one) && isPooled(one)),
  ];
  return { told: needed.slice(0, SUBNETS_PER_HEARTBEAT), left: needed.slice(SUBNETS_PER_HEARTBEAT) };
}

/** The Problem of networks that there is no room for. */
export function untoldNetworkProblems(node: string, left: readonly Cidr[]): readonly Problem[] {
  if (left.length === 0) return [];
  return [
    {
      code: "TOO_MANY_NETWORKS",
      at: { kind: "speaker", nodes: [node] },
      what: `Announces no address of ${left.map(printCidr).join(", ")}`,
      why: `more than ${SUBNETS_PER_HEARTBEAT} networks of this node contain addresses of pools or Services, and a heartbeat has room for that many`,
      fix: "Name the interfaces to use in --interfaces, or let other nodes announce the addresses of some networks (node-selectors of a pool, nodeSelectors of an L2Advertisement)",
      severity: "error",
    },
  ];
}
