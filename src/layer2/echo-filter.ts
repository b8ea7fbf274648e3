import type { Family, Ip } from "#src/ip/address.ts";
import { ETHERNET_HEADER_BYTES } from "#src/wire/ethernet.ts";
import { TYPE_ECHO_REQUEST } from "#src/wire/echo.ts";
import { DONT_FRAGMENT, IPV4_HEADER_BYTES, PROTOCOL_ICMP } from "#src/wire/ipv4.ts";
import { IPV6_HEADER_BYTES, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { buildFilter, requireEqual, requireOneOf, requireUnicast } from "./build-filter.ts";
import { encodeProgram, load, type Program, returns } from "./encode-program.ts";

const VERSION = ETHERNET_HEADER_BYTES;
const IPV4_FLAGS = ETHERNET_HEADER_BYTES + 6;
const IPV4_PROTOCOL = ETHERNET_HEADER_BYTES + 9;
const IPV4_DESTINATION = ETHERNET_HEADER_BYTES + 16;
const ICMPV4_TYPE = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES;
const IPV6_NEXT_HEADER = ETHERNET_HEADER_BYTES + 6;
const IPV6_DESTINATION = ETHERNET_HEADER_BYTES + 24;
const ICMPV6_TYPE = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;

/**
 * What an Ethernet frame holds without jumbo frames: 1,500 bytes behind its header (RFC 894 section 4). Of a longer one so much arrives,
 * which is not answered.
 */
const KEEP_BYTES = ETHERNET_HEADER_BYTES + 1_500;

/** Type and code in one: the code of an echo request is 0 (RFC 792, RFC 4443 section 4.1). */
const typeAndCode = (family: Family): number => TYPE_ECHO_REQUEST[family] << 8;

/**
 * A packet socket filter, for a socket of IPv4 or IPv6 alone, that keeps echo requests to these addresses of the family which come to this
 * machine alone, in one piece and without options or extension headers. As many addresses fit as into `arpFilter` and `ndpFilter`.
 */
export function echoFilter(family: Family, addresses: readonly Ip[]): Uint8Array {
  const at = family === "ipv4" ? IPV4_DESTINATION : IPV6_DESTINATION;
  return buildFilter(CHECKS[family], addresses, { family, at, keepBytes: KEEP_BYTES });
}

/** A short one, which keeps echo requests to any address. */
export function anyEchoFilter(family: Family): Uint8Array {
  return encodeProgram([...CHECKS[family], returns(KEEP_BYTES)]);
}

/** The protocol comes first: each packet of the interface runs through this, and nearly all of them end there. */
const CHECKS: Readonly<Record<Family, Program>> = {
  ipv4: [
    ...requireEqual(load("loadByte", IPV4_PROTOCOL), PROTOCOL_ICMP),
    ...requireUnicast(),
    ...requireEqual(load("loadByte", VERSION), 0x45),
    ...requireOneOf(load("loadHalf", IPV4_FLAGS), [0, DONT_FRAGMENT]),
    ...requireEqual(load("loadHalf", ICMPV4_TYPE), typeAndCode("ipv4")),
  ],
  ipv6: [
    ...requireEqual(load("loadByte", IPV6_NEXT_HEADER), NEXT_HEADER_ICMPV6),
    ...requireUnicast(),
    ...requireEqual(load("loadHalf", ICMPV6_TYPE), typeAndCode("ipv6")),
  ],
};
