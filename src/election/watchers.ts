import { type Cidr, printCidr } from "#src/ip/cidr.ts";
import type { Member } from "./member.ts";
import { rank } from "./rank.ts";

/**
 * So many members hear each heartbeat of a node. Five notice its death even if four of them die with it; and up to six
 * nodes, each speaker watches all others.
 */
export const WATCHERS = 5;

/** What decides whether a member is able to take over from another one. */
export type Watcher = Pick<Member, "node" | "ready" | "leaving" | "subnets">;

/**
 * The members that watch a node closely and inherit its addresses, in rendezvous order: those that are able to take over in
 * one of its networks first. Each is a watcher of WATCHERS others on average, and the loss of one moves only what it
 * watched. Equal members lead to equal watchers, in whatever order they are given.
 */
export function watchersOf(watched: Pick<Member, "node" | "subnets">, members: readonly Watcher[]): readonly string[] {
  const others = members.filter(({ node }) => node !== watched.node);
  const networks = new Set(watched.subnets.map(printCidr));
  const able = others.filter((one) => one.ready && !one.leaving && isIn(one.subnets, networks));
  const first = firstOf(nodesOf(able), watched.node);
  if (first.length === WATCHERS) return first;
  const rest = nodesOf(others).filter((node) => !first.includes(node));
  return [...first, ...firstOf(rest, watched.node)].slice(0, WATCHERS);
}

/**
 * Those of the nodes that always get each heartbeat of a node: they would be its watchers if all lived and were able. So both sides hear at once that a partition has healed.
 */
export function lastingWatchersOf(node: string, nodes: Iterable<string>): readonly string[] {
  return firstOf(
    [...nodes].filter((other) => other !== node),
    node,
  );
}

function nodesOf(members: readonly Watcher[]): readonly string[] {
  return members.map(({ node }) => node);
}

function firstOf(nodes: readonly string[], watched: string): readonly string[] {
  return rank(nodes, watched).slice(0, WATCHERS);
}

/** Whether one of the networks is the same; a node that names none may be in any. */
function isIn(subnets: readonly Cidr[], networks: ReadonlySet<string>): boolean {
  return networks.size === 0 || subnets.some((subnet) => networks.has(printCidr(subnet)));
}
