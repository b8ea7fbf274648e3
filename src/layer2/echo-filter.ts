import type { Family, Ip } from "#src/ip/address.ts";
import { TYPE_ECHO_REQUEST } from "#src/wire/echo.ts";
import { DONT_FRAGMENT, PROTOCOL_ICMP } from "#src/wire/ipv4.ts";
import { NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { buildFilter, requireEqual, requireOneOf, requireUnicast } from "./build-filter.ts";
import { FRAME_OFFSETS, ETHERNET_FRAME_BYTES } from "./frame-offsets.ts";
import { encodeProgram, load, type Program, returns } from "./encode-program.ts";

const { ipv4, ipv6 } = FRAME_OFFSETS;

/** Type and code in one: the code of an echo request is 0 (RFC 792, RFC 4443 section 4.1). */
const typeAndCode = (family: Family): number => TYPE_ECHO_REQUEST[family] << 8;

/**
 * A packet socket filter, for a socket of IPv4 or IPv6 alone, that keeps echo requests to these addresses of the family which come to this
 * machine alone, in one piece and without options or extension headers. As many addresses fit as into `arpFilter` and `ndpFilter`.
 */
export function echoFilter(family: Family, addresses: readonly Ip[]): Uint8Array {
  const { destination: at } = FRAME_OFFSETS[family];
  return buildFilter(CHECKS[family], addresses, { family, at, keepBytes: ETHERNET_FRAME_BYTES });
}

/** A short one, which keeps echo requests to any address. */
export function anyEchoFilter(family: Family): Uint8Array {
  return encodeProgram([...CHECKS[family], returns(ETHERNET_FRAME_BYTES)]);
}

/** The protocol comes first: each packet of the interface runs through this, and nearly all of them end there. */
const CHECKS: Readonly<Record<Family, Program>> = {
  ipv4: [
    ...requireEqual(load("loadByte", ipv4.protocol), PROTOCOL_ICMP),
    ...requireUnicast(),
    ...requireEqual(load("loadByte", ipv4.version), 0x45),
    ...requireOneOf(load("loadHalf", ipv4.flags), [0, DONT_FRAGMENT]),
    ...requireEqual(load("loadHalf", ipv4.icmpType), typeAndCode("ipv4")),
  ],
  ipv6: [
    ...requireEqual(load("loadByte", ipv6.nextHeader), NEXT_HEADER_ICMPV6),
    ...requireUnicast(),
    ...requireEqual(load("loadHalf", ipv6.icmpType), typeAndCode("ipv6")),
  ],
};
