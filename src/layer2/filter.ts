import { type Family, type Ip, ipToBytes } from "#src/ip/address.ts";
import {
  encodeProgram,
  type Instruction,
  load,
  MAX_INSTRUCTIONS,
  type Program,
  returns,
  skipIf,
} from "./encode-program.ts";
import { matchWords } from "./match-words.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6, ETHERNET_HEADER_BYTES } from "#src/wire/ethernet.ts";
import { IPV6_HEADER_BYTES, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { TYPE_NEIGHBOR_ADVERTISEMENT, TYPE_NEIGHBOR_SOLICITATION } from "#src/wire/ndp.ts";

const ETHER_TYPE = 12;
const ARP_OPERATION = ETHERNET_HEADER_BYTES + 6;
const ARP_SENDER_IP = ETHERNET_HEADER_BYTES + 14;
const ARP_TARGET_IP = ETHERNET_HEADER_BYTES + 24;
const IPV6_NEXT_HEADER = ETHERNET_HEADER_BYTES + 6;
const ICMPV6_TYPE = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;
const NDP_TARGET = ICMPV6_TYPE + 8;

/** Not a place in the frame: the kernel answers whom it is for (SKF_AD_OFF + SKF_AD_PKTTYPE in linux/filter.h). */
const PACKET_TYPE = -0x1000 + 4;

/**
 * The last of the packet types to us (linux/if_packet.h): host 0, broadcast 1, multicast 2. Above it are those to other
 * machines, and with them frames of a VLAN that has no interface here: the kernel takes their tag off and hands them
 * to this socket, where nothing else tells them from untagged ones.
 */
const PACKET_MULTICAST = 2;

/** All that an ARP request has: the padding of a minimal frame is not copied. */
const ARP_KEEP_BYTES = 42;

/** A solicitation has 86 bytes; with the options of SEND (RFC 3971) some 500. One that is longer is malformed to us. */
const NDP_KEEP_BYTES = 1_024;

/**
 * A packet socket filter that keeps ARP requests for these IPv4 addresses (those of the other family are left out) and
 * drops everything else, frames of VLANs without an interface included. Too many addresses for the kernel's limit on
 * instructions, some 2,900: it keeps all ARP requests. The bytes are an array of struct sock_filter.
 */
export function arpFilter(addresses: readonly Ip[]): Uint8Array {
  return buildFilter(requestChecks(), wordsOf(addresses, "ipv4"), { at: ARP_TARGET_IP, keepBytes: ARP_KEEP_BYTES });
}

/** A short one, which keeps ARP requests for any address. */
export function anyArpFilter(): Uint8Array {
  return encodeProgram([...requestChecks(), returns(ARP_KEEP_BYTES)]);
}

/** A filter for ARP packets, requests and replies, whose sender says that it has one of these IPv4 addresses. As large as `arpFilter`. */
export function arpClaimFilter(addresses: readonly Ip[]): Uint8Array {
  return buildFilter(arpChecks(), wordsOf(addresses, "ipv4"), { at: ARP_SENDER_IP, keepBytes: ARP_KEEP_BYTES });
}

/** A short one, which keeps ARP packets of all senders. */
export function anyArpClaimFilter(): Uint8Array {
  return encodeProgram([...arpChecks(), returns(ARP_KEEP_BYTES)]);
}

function requestChecks(): Program {
  return [...arpChecks(), ...requireEqual(load("loadHalf", ARP_OPERATION), 1)];
}

function arpChecks(): Program {
  return [...requireForUs(), ...requireEqual(load("loadHalf", ETHER_TYPE), ETHER_TYPE_ARP)];
}

/**
 * A filter for neighbor solicitations that ask for one of these IPv6 addresses. Some 2,900 addresses of one network fit, or 350 that have
 * nothing in common. Extension headers before ICMPv6 are not followed: no implementation sends them with solicitations.
 */
export function ndpFilter(addresses: readonly Ip[]): Uint8Array {
  return ndpFilterOf(TYPE_NEIGHBOR_SOLICITATION, addresses);
}

/** A short one, which keeps neighbor solicitations for any address. */
export function anyNdpFilter(): Uint8Array {
  return encodeProgram([...ndpChecks(TYPE_NEIGHBOR_SOLICITATION), returns(NDP_KEEP_BYTES)]);
}

/** A filter for neighbor advertisements that are for one of these IPv6 addresses. As large as `ndpFilter`. */
export function ndpClaimFilter(addresses: readonly Ip[]): Uint8Array {
  return ndpFilterOf(TYPE_NEIGHBOR_ADVERTISEMENT, addresses);
}

/** A short one, which keeps neighbor advertisements for any address. */
export function anyNdpClaimFilter(): Uint8Array {
  return encodeProgram([...ndpChecks(TYPE_NEIGHBOR_ADVERTISEMENT), returns(NDP_KEEP_BYTES)]);
}

function ndpFilterOf(type: number, addresses: readonly Ip[]): Uint8Array {
  return buildFilter(ndpChecks(type), wordsOf(addresses, "ipv6"), { at: NDP_TARGET, keepBytes: NDP_KEEP_BYTES });
}

function ndpChecks(type: number): Program {
  return [
    ...requireForUs(),
    ...requireEqual(load("loadHalf", ETHER_TYPE), ETHER_TYPE_IPV6),
    ...requireEqual(load("loadByte", IPV6_NEXT_HEADER), NEXT_HEADER_ICMPV6),
    ...requireEqual(load("loadByte", ICMPV6_TYPE), type),
  ];
}

/** Drops the frame if it is for another machine. */
function requireForUs(): Program {
  const isOther = { when: false, over: [returns(0)] };
  return [load("loadWord", PACKET_TYPE), ...skipIf("jumpIfGreater", PACKET_MULTICAST, isOther)];
}

/** Drops the frame unless what is loaded has the value. */
function requireEqual(from: Instruction, value: number): Program {
  return [from, ...skipIf("jumpIfEqual", value, { when: true, over: [returns(0)] })];
}

function buildFilter(
  checks: Program,
  words: readonly (readonly number[])[],
  { at, keepBytes }: { readonly at: number; readonly keepBytes: number },
): Uint8Array {
  if (words.length === 0) return encodeProgram([returns(0)]);
  const byOperation = [...checks, returns(keepBytes)];
  // Each address takes at least one instruction: do not even try.
  if (words.length > MAX_INSTRUCTIONS) return encodeProgram(byOperation);
  const byAddress = [...checks, ...matchWords(words, { at, keepBytes })];
  return encodeProgram(byAddress.length <= MAX_INSTRUCTIONS ? byAddress : byOperation);
}

/** The different addresses of one family, sorted, each as 32-bit words in network order. */
function wordsOf(addresses: readonly Ip[], family: Family): readonly (readonly number[])[] {
  const sorted = addresses
    .filter((ip) => ip.family === family)
    .map((ip) => (family === "ipv4" ? [Number(ip.value)] : wordsOfIpv6(ip)))
    .sort(compareWords);
  return sorted.filter((words, index) => index === 0 || compareWords(words, sorted[index - 1] ?? []) !== 0);
}

function wordsOfIpv6(ip: Ip): readonly number[] {
  const view = new DataView(ipToBytes(ip).buffer);
  return [0, 4, 8, 12].map((at) => view.getUint32(at));
}

function compareWords(left: readonly number[], right: readonly number[]): number {
  const index = left.findIndex((word, at) => word !== right[at]);
  return index === -1 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}
