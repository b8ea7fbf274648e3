import type { Ip } from "#src/ip/address.ts";
import type { DropReason } from "./drop-reason.ts";
import { neighborAdvertisementFrame } from "./neighbor-advertisement-frame.ts";
import { type ArpPacket, decodeArp, encodeArp } from "#src/wire/arp.ts";
import {
  decodeEthernet,
  encodeEthernet,
  ETHER_TYPE_ARP,
  ETHER_TYPE_IPV6,
  type EthernetFrame,
} from "#src/wire/ethernet.ts";
import { decodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { decodeIpv6, type Ipv6Packet, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { BROADCAST_MAC, equalMacs, isMachineMac } from "#src/wire/mac.ts";
import {
  ALL_NODES,
  decodeNeighborSolicitation,
  linkLayerAddress,
  NDP_HOP_LIMIT,
  type NeighborSolicitation,
  TYPE_NEIGHBOR_SOLICITATION,
} from "#src/wire/ndp.ts";
import { isMulticast, multicastMac, solicitedNodeGroup } from "#src/wire/solicited-node.ts";

/** Who answers: one interface and the addresses that are announced there. */
export interface Responder {
  /** The Ethernet address of the interface. */
  readonly mac: Uint8Array;
  /** Asked for every frame: the kernel's filter may be wider than the addresses, and lags behind them. */
  isAnnounced(ip: Ip): boolean;
}

/** What a frame yields: a frame to send in reply, or the reason for silence. */
export type Answer =
  | {
      readonly kind: "reply";
      readonly frame: Uint8Array;
      /** The address asked for. */
      readonly ip: Ip;
      /** That of the host that asked; 0.0.0.0 or :: where it has none yet. */
      readonly asker: Ip;
      /** Its Ethernet address. */
      readonly askerMac: Uint8Array;
    }
  | { readonly kind: "drop"; readonly reason: DropReason };

/** Answers an ARP request or a neighbor solicitation for an announced address. Never throws, whatever the bytes. */
export function answer(frame: Uint8Array, responder: Responder): Answer {
  const ethernet = decodeEthernet(frame);
  if (ethernet === undefined) return drop("short");
  switch (ethernet.etherType) {
    case ETHER_TYPE_ARP:
      return answerArp(ethernet, responder);
    case ETHER_TYPE_IPV6:
      return answerIpv6(ethernet, responder);
    default:
      return drop("ether-type");
  }
}

function drop(reason: DropReason): Answer {
  return { kind: "drop", reason };
}

/** Probes, which come from 0.0.0.0, are answered like any request: that is how others notice that we have the address. */
function answerArp(ethernet: EthernetFrame, responder: Responder): Answer {
  const { destination, source, payload } = ethernet;
  if (!equalMacs(destination, BROADCAST_MAC) && !equalMacs(destination, responder.mac)) return drop("destination-mac");
  const request = decodeArp(payload);
  if (request === undefined) return drop("malformed");
  if (request.operation !== "request") return drop("not-request");
  if (!responder.isAnnounced(request.targetIp)) return drop("not-announced");
  if (equalMacs(source, responder.mac) || equalMacs(request.senderMac, responder.mac)) return drop("own-frame");
  if (request.senderIp.value === request.targetIp.value) return drop("gratuitous");
  if (!isMachineMac(request.senderMac)) return drop("sender");
  const { targetIp: ip, senderIp: asker, senderMac: askerMac } = request;
  return { kind: "reply", frame: arpReplyFrame(request, responder.mac), ip, asker, askerMac };
}

/** A unicast reply (RFC 826): the asker's addresses become the target's. */
function arpReplyFrame({ senderMac, senderIp, targetIp }: ArpPacket, mac: Uint8Array): Uint8Array {
  const to = { targetMac: senderMac, targetIp: senderIp };
  const payload = encodeArp({ operation: "reply", senderMac: mac, senderIp: targetIp, ...to });
  return encodeEthernet({ destination: senderMac, source: mac, etherType: ETHER_TYPE_ARP, payload });
}

/** The checks of RFC 4861 section 7.1.1, cheap ones first. */
function answerIpv6(ethernet: EthernetFrame, responder: Responder): Answer {
  const { destination, source } = ethernet;
  if (!isIpv6Multicast(destination) && !equalMacs(destination, responder.mac)) return drop("destination-mac");
  const packet = decodeIpv6(ethernet.payload);
  if (packet === undefined) return drop("malformed");
  if (packet.nextHeader !== NEXT_HEADER_ICMPV6) return drop("not-solicitation");
  const icmpv6 = decodeIcmpv6(packet.payload, packet);
  if (!icmpv6.ok) return drop(icmpv6.reason === "checksum" ? "checksum" : "malformed");
  const { type, code, body } = icmpv6.message;
  if (type !== TYPE_NEIGHBOR_SOLICITATION) return drop("not-solicitation");
  if (packet.hopLimit !== NDP_HOP_LIMIT) return drop("hop-limit");
  const solicitation = decodeNeighborSolicitation(body);
  if (code !== 0 || solicitation === undefined || isMulticast(solicitation.target)) return drop("malformed");
  if (!responder.isAnnounced(solicitation.target)) return drop("not-announced");
  if (equalMacs(source, responder.mac)) return drop("own-frame");
  return answerSolicitation({ solicitation, packet, etherSource: source }, responder.mac);
}

interface ReceivedSolicitation {
  readonly solicitation: NeighborSolicitation;
  readonly packet: Ipv6Packet;
  readonly etherSource: Uint8Array;
}

function answerSolicitation({ solicitation, packet, etherSource }: ReceivedSolicitation, mac: Uint8Array): Answer {
  const { target } = solicitation;
  const senderMac = linkLayerAddress(solicitation, "source-link-layer");
  if (isUnspecified(packet.source)) {
    // Another host checks whether the address is free (RFC 4862 section 5.4.3). It has no address yet: the answer goes to all nodes.
    const group = solicitedNodeGroup(target);
    if (senderMac !== undefined || packet.destination.value !== group.value) return drop("malformed");
    const to = { destination: ALL_NODES, destinationMac: multicastMac(ALL_NODES), solicited: false };
    return {
      kind: "reply",
      frame: neighborAdvertisementFrame({ target, mac, ...to }),
      ip: target,
      asker: packet.source,
      askerMac: etherSource,
    };
  }
  // A neighbour that re-checks its entry asks by unicast and may leave the option out (RFC 4861 section 4.3).
  const destinationMac = senderMac ?? etherSource;
  if (isMulticast(packet.source) || !isMachineMac(destinationMac)) return drop("sender");
  if (equalMacs(destinationMac, mac)) return drop("own-frame");
  const to = { destination: packet.source, destinationMac, solicited: true };
  const frame = neighborAdvertisementFrame({ target, mac, ...to });
  return { kind: "reply", frame, ip: target, asker: packet.source, askerMac: destinationMac };
}

function isUnspecified(ip: Ip): boolean {
  return ip.value === 0n;
}

/** Whether the address is that of an IPv6 multicast group (RFC 2464 section 7). */
function isIpv6Multicast(mac: Uint8Array): boolean {
  return mac[0] === 0x33 && mac[1] === 0x33;
}
