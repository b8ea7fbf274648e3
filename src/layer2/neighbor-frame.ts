import { equalIps, type Ip } from "#src/ip/address.ts";
import { decodeArp } from "#src/wire/arp.ts";
import {
  decodeEthernet,
  ETHER_TYPE_ARP,
  ETHER_TYPE_IPV6,
  ETHERNET_HEADER_BYTES,
  type EthernetFrame,
} from "#src/wire/ethernet.ts";
import { decodeIpv6, IPV6_HEADER_BYTES, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { printMac } from "#src/wire/mac.ts";
import {
  decodeNeighborAdvertisement,
  decodeNeighborSolicitation,
  linkLayerAddress,
  TYPE_NEIGHBOR_ADVERTISEMENT,
  TYPE_NEIGHBOR_SOLICITATION,
} from "#src/wire/ndp.ts";
import { ARP_FRAME_BYTES } from "./frame-offsets.ts";

/** What a frame of ARP or NDP says: who asks for an address, or who says that it has it. */
export interface NeighborFrame {
  readonly protocol: "arp" | "ndp";
  /** `question`: an ARP request, a solicitation. `answer`: an ARP reply, an advertisement. */
  readonly operation: "question" | "answer";
  /** The Ethernet address that the sender says it has, as text; that of the frame where it says none. */
  readonly mac: string;
  /** 0.0.0.0 and ::, where it has none yet. */
  readonly sender: Ip;
  /** Of a question the address that is asked for, of an advertisement the one that it is about, of an ARP reply the host that it is for. */
  readonly target: Ip;
  /** Whom the packet is for; of ARP the target. */
  readonly destination: Ip;
  /** The host that it is for did not ask: an announcement. */
  readonly isUnasked: boolean;
  /** Of the frame without padding behind it. */
  readonly lengthBytes: number;
}

const ICMPV6_BODY = 4;

/**
 * Reads an ARP packet (RFC 826), a neighbor solicitation or advertisement (RFC 4861) in a whole frame. Neither checksum nor hop limit
 * is judged: a person looks at what is wrong with it. Undefined for all else, and for what is cut or malformed. Never throws.
 */
export function readNeighborFrame(frame: Uint8Array): NeighborFrame | undefined {
  const ethernet = decodeEthernet(frame);
  if (ethernet?.etherType === ETHER_TYPE_ARP) return readArp(ethernet);
  return ethernet?.etherType === ETHER_TYPE_IPV6 ? readNdp(ethernet) : undefined;
}

/** Whether a frame asks for an address, or its sender says that it has it. */
export function isAboutAddress(frame: NeighborFrame, ip: Ip): boolean {
  if (equalIps(frame.target, ip)) return true;
  return frame.protocol === "arp" && equalIps(frame.sender, ip);
}

function readArp({ payload }: EthernetFrame): NeighborFrame | undefined {
  const packet = decodeArp(payload);
  if (packet === undefined) return undefined;
  const { senderIp: sender, targetIp: target, senderMac, operation } = packet;
  return {
    protocol: "arp",
    operation: operation === "request" ? "question" : "answer",
    mac: printMac(senderMac),
    sender,
    target,
    destination: target,
    // Gratuitous ARP, as request or as reply (RFC 5227 section 3).
    isUnasked: equalIps(sender, target),
    lengthBytes: ARP_FRAME_BYTES,
  };
}

function readNdp({ source, payload }: EthernetFrame): NeighborFrame | undefined {
  const packet = decodeIpv6(payload);
  if (packet?.nextHeader !== NEXT_HEADER_ICMPV6) return undefined;
  const [type] = packet.payload;
  const body = packet.payload.subarray(ICMPV6_BODY);
  const common = {
    protocol: "ndp",
    sender: packet.source,
    destination: packet.destination,
    lengthBytes: ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES + packet.payload.length,
  } as const;
  if (type === TYPE_NEIGHBOR_SOLICITATION) {
    const asked = decodeNeighborSolicitation(body);
    if (asked === undefined) return undefined;
    const mac = printMac(linkLayerAddress(asked, "source-link-layer") ?? source);
    return { ...common, operation: "question", mac, target: asked.target, isUnasked: false };
  }
  const said = type === TYPE_NEIGHBOR_ADVERTISEMENT ? decodeNeighborAdvertisement(body) : undefined;
  if (said === undefined) return undefined;
  const mac = printMac(linkLayerAddress(said, "target-link-layer") ?? source);
  return { ...common, operation: "answer", mac, target: said.target, isUnasked: !said.solicited };
}
