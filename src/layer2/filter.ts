import type { Ip } from "#src/ip/address.ts";
import { buildFilter, requireEqual, requireForUs } from "./build-filter.ts";
import { encodeProgram, load, type Program, returns } from "./encode-program.ts";
import { ARP_FRAME_BYTES, FRAME_OFFSETS, MAX_NDP_FRAME_BYTES } from "./frame-offsets.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { TYPE_NEIGHBOR_ADVERTISEMENT, TYPE_NEIGHBOR_SOLICITATION } from "#src/wire/ndp.ts";

const { etherType, arp, ipv6 } = FRAME_OFFSETS;

/**
 * A packet socket filter that keeps ARP requests for these IPv4 addresses (those of the other family are left out) and
 * drops everything else, frames of VLANs without an interface included. Too many addresses for the kernel's limit on
 * instructions, some 2,900: it keeps all ARP requests. The bytes are an array of struct sock_filter.
 */
export function arpFilter(addresses: readonly Ip[]): Uint8Array {
  return buildFilter(requestChecks(), addresses, { family: "ipv4", at: arp.targetIp, keepBytes: ARP_FRAME_BYTES });
}

/** A short one, which keeps ARP requests for any address. */
export function anyArpFilter(): Uint8Array {
  return encodeProgram([...requestChecks(), returns(ARP_FRAME_BYTES)]);
}

/** A filter for ARP packets, requests and replies, whose sender says that it has one of these IPv4 addresses. As large as `arpFilter`. */
export function arpClaimFilter(addresses: readonly Ip[]): Uint8Array {
  return buildFilter(arpChecks(), addresses, { family: "ipv4", at: arp.senderIp, keepBytes: ARP_FRAME_BYTES });
}

/** A short one, which keeps ARP packets of all senders. */
export function anyArpClaimFilter(): Uint8Array {
  return encodeProgram([...arpChecks(), returns(ARP_FRAME_BYTES)]);
}

function requestChecks(): Program {
  return [...arpChecks(), ...requireEqual(load("loadHalf", arp.operation), 1)];
}

function arpChecks(): Program {
  return [...requireForUs(), ...requireEqual(load("loadHalf", etherType), ETHER_TYPE_ARP)];
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
  return encodeProgram([...ndpChecks(TYPE_NEIGHBOR_SOLICITATION), returns(MAX_NDP_FRAME_BYTES)]);
}

/** A filter for neighbor advertisements that are for one of these IPv6 addresses. As large as `ndpFilter`. */
export function ndpClaimFilter(addresses: readonly Ip[]): Uint8Array {
  return ndpFilterOf(TYPE_NEIGHBOR_ADVERTISEMENT, addresses);
}

/** A short one, which keeps neighbor advertisements for any address. */
export function anyNdpClaimFilter(): Uint8Array {
  return encodeProgram([...ndpChecks(TYPE_NEIGHBOR_ADVERTISEMENT), returns(MAX_NDP_FRAME_BYTES)]);
}

function ndpFilterOf(type: number, addresses: readonly Ip[]): Uint8Array {
  return buildFilter(ndpChecks(type), addresses, {
    family: "ipv6",
    at: ipv6.ndpTarget,
    keepBytes: MAX_NDP_FRAME_BYTES,
  });
}

function ndpChecks(type: number): Program {
  return [
    ...requireForUs(),
    ...requireEqual(load("loadHalf", etherType), ETHER_TYPE_IPV6),
    ...requireEqual(load("loadByte", ipv6.nextHeader), NEXT_HEADER_ICMPV6),
    ...requireEqual(load("loadByte", ipv6.icmpType), type),
  ];
}
