import { type Ip, ipToBytes } from "#src/ip/address.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6, ETHERNET_HEADER_BYTES } from "#src/wire/ethernet.ts";
import { IPV6_HEADER_BYTES, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { TYPE_NEIGHBOR_ADVERTISEMENT, TYPE_NEIGHBOR_SOLICITATION } from "#src/wire/ndp.ts";
import { encodeProgram, type Instruction, jumpIf, load, type Program, returns, skipIf } from "./encode-program.ts";

const ETHER_TYPE = 12;
const ARP_SENDER_IP = ETHERNET_HEADER_BYTES + 14;
const ARP_TARGET_IP = ETHERNET_HEADER_BYTES + 24;
const IPV6_NEXT_HEADER = ETHERNET_HEADER_BYTES + 6;
const ICMPV6_TYPE = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;
const NDP_TARGET = ICMPV6_TYPE + 8;

/** What the kernel knows beside the bytes (SKF_AD_OFF in linux/filter.h): whom a frame is for, and whether it had a VLAN tag. */
const PACKET_TYPE = -0x1000 + 4;
const VLAN_TAG_PRESENT = -0x1000 + 48;
/** Packet types (linux/if_packet.h): what is for other machines is left out, what this machine sends is not. */
const PACKET_OTHERHOST = 3;

/** All that an ARP packet has: padding is not copied, it may hold what its sender had in memory. */
const ARP_KEEP_BYTES = 42;
/** An advertisement has 86 bytes; with the options of SEND (RFC 3971) some 500. */
const NDP_KEEP_BYTES = 1_024;

/**
 * A filter for a packet socket of all protocols, which keeps the ARP packets that ask for an address or whose sender has it, or the
 * neighbor solicitations and advertisements for it, received and sent; and drops all else, frames of VLANs included: these are on
 * an interface of their own.
 */
export function captureFilter(ip: Ip): Uint8Array {
  const ours = [
    ...dropIfEqual(load("loadWord", PACKET_TYPE), PACKET_OTHERHOST),
    ...requireEqual(load("loadByte", VLAN_TAG_PRESENT), 0),
  ];
  return encodeProgram([...ours, ...(ip.family === "ipv4" ? arpProgram(ip) : ndpProgram(ip))]);
}

function arpProgram(ip: Ip): Program {
  const [word = 0] = wordsOf(ip);
  const keep = returns(ARP_KEEP_BYTES);
  return [
    ...requireEqual(load("loadHalf", ETHER_TYPE), ETHER_TYPE_ARP),
    load("loadWord", ARP_SENDER_IP),
    ...skipIf("jumpIfEqual", word, { when: false, over: [keep] }),
    ...requireEqual(load("loadWord", ARP_TARGET_IP), word),
    keep,
  ];
}

function ndpProgram(ip: Ip): Program {
  const isNeither = [
    load("loadByte", ICMPV6_TYPE),
    jumpIf("jumpIfEqual", TYPE_NEIGHBOR_SOLICITATION, [2, 0]),
    ...skipIf("jumpIfEqual", TYPE_NEIGHBOR_ADVERTISEMENT, { when: true, over: [returns(0)] }),
  ];
  return [
    ...requireEqual(load("loadHalf", ETHER_TYPE), ETHER_TYPE_IPV6),
    ...requireEqual(load("loadByte", IPV6_NEXT_HEADER), NEXT_HEADER_ICMPV6),
    ...isNeither,
    ...wordsOf(ip).flatMap((word, index) => requireEqual(load("loadWord", NDP_TARGET + 4 * index), word)),
    returns(NDP_KEEP_BYTES),
  ];
}

function requireEqual(from: Instruction, value: number): Program {
  return [from, ...skipIf("jumpIfEqual", value, { when: true, over: [returns(0)] })];
}

function dropIfEqual(from: Instruction, value: number): Program {
  return [from, ...skipIf("jumpIfEqual", value, { when: false, over: [returns(0)] })];
}

/** The address as 32-bit words in network order. */
function wordsOf(ip: Ip): readonly number[] {
  const view = new DataView(ipToBytes(ip).buffer);
  return Array.from({ length: view.byteLength / 4 }, (_, index) => view.getUint32(4 * index));
}
