import { printIp } from "#src/ip/address.ts";
import type { BgpPeer } from "#src/model/bgp-peer.ts";
import { child, quote } from "#src/model/field.ts";
import { type BgpParts, complainOfMisfit, MOST_PAIRS, type PlacedPeer, shareNodes } from "./bgp-parts.ts";

/** Why two peers of one node do not go together. MetalLB has one FRR on a node, which is one router. */
const FRR = "MetalLB with FRR has one router on each node";

/** A rule for two peers that a node has both. */
interface Rule {
  breaks(left: BgpPeer, right: BgpPeer): boolean;
  key(keys: BgpParts["keys"], peer: BgpPeer): string;
  what(peer: BgpPeer): string;
  why(other: string): string;
  readonly fix: string;
}

const RULES: readonly Rule[] = [
  {
    breaks: (left, right) => remoteOf(left) === remoteOf(right) && left.vrf === right.vrf,
    key: (keys, { peer }) => ("interface" in peer ? keys.interface : keys.peerAddress),
    what: (peer) => `Cannot have a second session with ${remoteOf(peer)}`,
    why: (other) => `${other} has one on the same nodes, and ${FRR}`,
    fix: "Remove one of the two, or give each of them node selectors for its own nodes",
  },
  {
    breaks: (left, right) => left.myAsn !== right.myAsn && left.vrf === right.vrf,
    key: ({ myAsn }) => myAsn,
    what: ({ myAsn }) => `Cannot be autonomous system ${myAsn} on nodes that are another one already`,
    why: (other) => `${other} has the same nodes and another number, and ${FRR}`,
    fix: "Write the same number in both, or give each of them node selectors for its own nodes",
  },
  {
    breaks: (left, right) => routerIdOf(left) !== routerIdOf(right),
    key: ({ routerId }) => routerId,
    what: (peer) => `Cannot have ${routerIdOf(peer)} on nodes that have another one`,
    why: (other) => `${other} has the same nodes and another router ID, and ${FRR}`,
    fix: "Write the same router ID in both, or give each of them node selectors for its own nodes",
  },
];

/** Warns of peers that no node can have together, one Problem for each peer and rule. */
export function complainOfSessions({ peers, keys }: BgpParts): void {
  let pairs = 0;
  for (const [at, one] of peers.entries()) {
    const before = peers.slice(0, at).filter(({ peer }) => {
      return ++pairs <= MOST_PAIRS && shareNodes(peer.nodeSelectors, one.peer.nodeSelectors);
    });
    if (pairs > MOST_PAIRS) return;
    for (const rule of RULES) complainOfRule(rule, one, { before, keys });
  }
}

function complainOfRule(
  rule: Rule,
  { peer, field }: PlacedPeer,
  { before, keys }: { readonly before: readonly PlacedPeer[]; readonly keys: BgpParts["keys"] },
): void {
  const other = before.find((one) => rule.breaks(one.peer, peer));
  if (other === undefined) return;
  const text = { what: rule.what(peer), why: rule.why(other.title), fix: rule.fix };
  complainOfMisfit(child(field, rule.key(keys, peer)), text);
}

function remoteOf({ peer }: BgpPeer): string {
  return "interface" in peer ? `the router on interface ${quote(peer.interface)}` : printIp(peer);
}

function routerIdOf({ routerId }: BgpPeer): string {
  return routerId === undefined ? "no router ID" : `router ID ${printIp(routerId)}`;
}
