import { expect } from "vitest";
import { type Ip, parseIp } from "#src/ip/address.ts";
import { ndpFrame } from "#src/layer2/ndp-frame.ts";
import { type ArpPacket, encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet, ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { BROADCAST_MAC, ZERO_MAC } from "#src/wire/mac.ts";
import {
  ALL_NODES,
  encodeNeighborAdvertisement,
  encodeNeighborSolicitation,
  TYPE_NEIGHBOR_ADVERTISEMENT,
  TYPE_NEIGHBOR_SOLICITATION,
} from "#src/wire/ndp.ts";
import { multicastMac, solicitedNodeGroup } from "#src/wire/solicited-node.ts";
import { hex } from "#test/wire/hex.ts";

const clientMac = hex("02 42 0a 00 00 01");
export const nodeMac = hex("02 00 5e 10 00 01");

export function ipOf(text: string): Ip {
  return parseIp(text) ?? expect.fail(`${text} is an address`);
}

/** An ARP packet from one host to another, whole. */
export function arpFrame(
  operation: ArpPacket["operation"],
  { from, to, mac = clientMac }: { readonly from: string; readonly to: string; readonly mac?: Uint8Array },
): Uint8Array {
  const targetMac = operation === "request" ? ZERO_MAC : clientMac;
  const payload = encodeArp({ operation, senderMac: mac, senderIp: ipOf(from), targetMac, targetIp: ipOf(to) });
  const destination = operation === "request" ? BROADCAST_MAC : targetMac;
  return encodeEthernet({ destination, source: mac, etherType: ETHER_TYPE_ARP, payload });
}

/** A host asks for an IPv6 address. */
export function solicitation(target: string, from = "fe80::1"): Uint8Array {
  const destination = solicitedNodeGroup(ipOf(target));
  return ndpFrame({
    type: TYPE_NEIGHBOR_SOLICITATION,
    body: encodeNeighborSolicitation({
      target: ipOf(target),
      options: from === "::" ? [] : [{ kind: "source-link-layer", mac: clientMac }],
    }),
    source: ipOf(from),
    sourceMac: clientMac,
    destination,
    destinationMac: multicastMac(destination),
  });
}

/** A node says that it has an IPv6 address: to a host that asked, or to all. */
export function advertisement(target: string, to?: string): Uint8Array {
  const destination = to === undefined ? ALL_NODES : ipOf(to);
  return ndpFrame({
    type: TYPE_NEIGHBOR_ADVERTISEMENT,
    body: encodeNeighborAdvertisement({
      target: ipOf(target),
      router: false,
      solicited: to !== undefined,
      override: true,
      options: [{ kind: "target-link-layer", mac: nodeMac }],
    }),
    source: ipOf(target),
    sourceMac: nodeMac,
    destination,
    destinationMac: to === undefined ? multicastMac(ALL_NODES) : clientMac,
  });
}
