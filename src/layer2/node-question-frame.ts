import type { Ip } from "#src/ip/address.ts";
import { encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet, ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { ZERO_MAC } from "#src/wire/mac.ts";
import { encodeNeighborSolicitation, TYPE_NEIGHBOR_SOLICITATION } from "#src/wire/ndp.ts";
import { ndpFrame } from "./ndp-frame.ts";

/** A node's own address, and the Ethernet address of its interface. */
export interface QuestionedNode {
  readonly ip: Ip;
  readonly mac: Uint8Array;
}

/** The interface that asks, and its address of the node's family in the node's network: of IPv6 the link-local one. */
export interface AskingInterface {
  readonly ip: Ip;
  readonly mac: Uint8Array;
}

/**
 * The frame that asks a node's kernel for the node's own address, to that node alone, as a kernel checks a neighbour that it knows: a
 * unicast ARP request (RFC 1122 section 2.3.2.1) or neighbor solicitation (RFC 4861 section 7.3.3). No process is needed
 * for the answer.
 */
export function nodeQuestionFrame(node: QuestionedNode, asker: AskingInterface): Uint8Array {
  if (node.ip.family === "ipv6") return unicastSolicitation(node, asker);
  const ends = { senderMac: asker.mac, senderIp: asker.ip, targetMac: ZERO_MAC, targetIp: node.ip };
  const payload = encodeArp({ operation: "request", ...ends });
  return encodeEthernet({ destination: node.mac, source: asker.mac, etherType: ETHER_TYPE_ARP, payload });
}

function unicastSolicitation({ ip, mac }: QuestionedNode, asker: AskingInterface): Uint8Array {
  const options = [{ kind: "source-link-layer", mac: asker.mac }] as const;
  const body = encodeNeighborSolicitation({ target: ip, options });
  const ends = { source: asker.ip, sourceMac: asker.mac, destination: ip, destinationMac: mac };
  return ndpFrame({ type: TYPE_NEIGHBOR_SOLICITATION, body, ...ends });
}
