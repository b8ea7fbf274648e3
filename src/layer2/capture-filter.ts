import type { Ip } from "#src/ip/address.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { TYPE_NEIGHBOR_ADVERTISEMENT, TYPE_NEIGHBOR_SOLICITATION } from "#src/wire/ndp.ts";
import { PACKET_TYPE, refuseEqual, requireEqual, requireOneOf, wordsOfIp } from "./build-filter.ts";
import { encodeProgram, load, type Program, returns, skipIf } from "./encode-program.ts";
import { ARP_FRAME_BYTES, FRAME_OFFSETS, MAX_NDP_FRAME_BYTES } from "./frame-offsets.ts";

const { etherType, arp, ipv6 } = FRAME_OFFSETS;

/** Not a place in the frame: the kernel answers whether it had a VLAN tag (SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT in linux/filter.h). */
const VLAN_TAG_PRESENT = -0x1000 + 48;
/** Packet types (linux/if_packet.h): what is for other machines is left out, what this machine sends is not. */
const PACKET_OTHERHOST = 3;

/**
 * A filter for a packet socket of all protocols, which keeps the ARP packets that ask for an address or whose sender has it, or the
 * neighbor solicitations and advertisements for it, received and sent; and drops all else, frames of VLANs included: these are on
 * an interface of their own.
 */
export function captureFilter(ip: Ip): Uint8Array {
  const ours = [
    ...refuseEqual(load("loadWord", PACKET_TYPE), PACKET_OTHERHOST),
    ...requireEqual(load("loadByte", VLAN_TAG_PRESENT), 0),
  ];
  return encodeProgram([...ours, ...(ip.family === "ipv4" ? arpProgram(ip) : ndpProgram(ip))]);
}

function arpProgram(ip: Ip): Program {
  const [word = 0] = wordsOfIp(ip);
  const keep = returns(ARP_FRAME_BYTES);
  return [
    ...requireEqual(load("loadHalf", etherType), ETHER_TYPE_ARP),
    load("loadWord", arp.senderIp),
    ...skipIf("jumpIfEqual", word, { when: false, over: [keep] }),
    ...requireEqual(load("loadWord", arp.targetIp), word),
    keep,
  ];
}

function ndpProgram(ip: Ip): Program {
  return [
    ...requireEqual(load("loadHalf", etherType), ETHER_TYPE_IPV6),
    ...requireEqual(load("loadByte", ipv6.nextHeader), NEXT_HEADER_ICMPV6),
    ...requireOneOf(load("loadByte", ipv6.icmpType), [TYPE_NEIGHBOR_SOLICITATION, TYPE_NEIGHBOR_ADVERTISEMENT]),
    ...wordsOfIp(ip).flatMap((word, index) => requireEqual(load("loadWord", ipv6.ndpTarget + 4 * index), word)),
    returns(MAX_NDP_FRAME_BYTES),
  ];
}
