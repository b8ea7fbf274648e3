import { type Family, type Ip, ipFromBytes } from "#src/ip/address.ts";
import { multicastMac } from "#src/wire/solicited-node.ts";
import { PROTOCOL_VRRP, VRRP_HOP_LIMIT } from "#src/wire/vrrp.ts";
import { PACKET_MULTICAST, PACKET_TYPE, requireEqual, wordsOfIp } from "./build-filter.ts";
import { encodeProgram, load, type Program, returns } from "./encode-program.ts";
import { FRAME_OFFSETS, ETHERNET_FRAME_BYTES } from "./frame-offsets.ts";

const { ipv4, ipv6 } = FRAME_OFFSETS;

/** Where VRRP and CARP send their advertisements: 224.0.0.18 and ff02::12 (RFC 9568 section 5.1). */
export const VRRP_GROUP: Readonly<Record<Family, Ip>> = {
  ipv4: ipFromBytes(Uint8Array.of(224, 0, 0, 18)),
  ipv6: { family: "ipv6", value: 0xff02_0000_0000_0000_0000_0000_0000_0012n },
};

/** The Ethernet addresses of these groups (RFC 1112 section 6.4, RFC 2464 section 7). Not to be written to. */
export const VRRP_GROUP_MAC: Readonly<Record<Family, Uint8Array>> = {
  ipv4: Uint8Array.of(0x01, 0x00, 0x5e, 0, 0, 18),
  ipv6: multicastMac(VRRP_GROUP.ipv6),
};

/**
 * A packet socket filter, for a socket of IPv4 or IPv6 alone, that keeps what VRRP and CARP send to their group, without options and
 * from this link. All that is for this machine alone, which is most, leaves it after three steps.
 */
export function virtualRouterFilter(family: Family): Uint8Array {
  return encodeProgram([
    ...requireEqual(load("loadWord", PACKET_TYPE), PACKET_MULTICAST),
    ...CHECKS[family],
    ...wordsOfIp(VRRP_GROUP[family]).flatMap((word, index) =>
      requireEqual(load("loadWord", FRAME_OFFSETS[family].destination + 4 * index), word),
    ),
    returns(ETHERNET_FRAME_BYTES),
  ]);
}

const CHECKS: Readonly<Record<Family, Program>> = {
  ipv4: [
    ...requireEqual(load("loadByte", ipv4.protocol), PROTOCOL_VRRP),
    ...requireEqual(load("loadByte", ipv4.timeToLive), VRRP_HOP_LIMIT),
    ...requireEqual(load("loadByte", ipv4.version), 0x45),
  ],
  ipv6: [
    ...requireEqual(load("loadByte", ipv6.nextHeader), PROTOCOL_VRRP),
    ...requireEqual(load("loadByte", ipv6.hopLimit), VRRP_HOP_LIMIT),
  ],
};
