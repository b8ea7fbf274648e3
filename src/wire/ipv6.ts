import { type Ip, ipFromBytes, ipToBytes } from "#src/ip/address.ts";
import { sumWords } from "./checksum.ts";

/** Bytes of the fixed header. */
export const IPV6_HEADER_BYTES = 40;

/** The next-header number of ICMPv6 (RFC 4443). */
export const NEXT_HEADER_ICMPV6 = 58;

const SOURCE = 8;
const DESTINATION = 24;

/** An IPv6 packet (RFC 8200 section 3); traffic class and flow label are written as zero and not read. */
export interface Ipv6Packet {
  /** What the payload begins with: an extension header or the upper layer. */
  readonly nextHeader: number;
  /** 0 to 255. */
  readonly hopLimit: number;
  readonly source: Ip;
  readonly destination: Ip;
  /** At most 65,535 bytes. */
  readonly payload: Uint8Array;
}

/** Both ends of a packet, of either family: what the checksum of the upper layer covers beside its own bytes. */
export type PacketEnds = Pick<Ipv6Packet, "source" | "destination">;

/** Writes an IPv6 packet. */
export function encodeIpv6({ nextHeader, hopLimit, source, destination, payload }: Ipv6Packet): Uint8Array {
  const bytes = new Uint8Array(IPV6_HEADER_BYTES + payload.length);
  bytes[0] = 0x60;
  bytes[4] = payload.length >>> 8;
  bytes[5] = payload.length;
  bytes[6] = nextHeader;
  bytes[7] = hopLimit;
  bytes.set(ipToBytes(source), SOURCE);
  bytes.set(ipToBytes(destination), DESTINATION);
  bytes.set(payload, IPV6_HEADER_BYTES);
  return bytes;
}

/**
 * Reads an IPv6 packet; the payload is a view of the input, without padding behind it. Undefined if under 40 bytes,
 * not version 6, or shorter than its payload length says.
 */
export function decodeIpv6(bytes: Uint8Array): Ipv6Packet | undefined {
  if (bytes.length < IPV6_HEADER_BYTES || (bytes[0] ?? 0) >>> 4 !== 6) return undefined;
  const end = IPV6_HEADER_BYTES + (((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0));
  if (bytes.length < end) return undefined;
  return {
    nextHeader: bytes[6] ?? 0,
    hopLimit: bytes[7] ?? 0,
    source: ipFromBytes(bytes.subarray(SOURCE, DESTINATION)),
    destination: ipFromBytes(bytes.subarray(DESTINATION, IPV6_HEADER_BYTES)),
    payload: bytes.subarray(IPV6_HEADER_BYTES, end),
  };
}

/**
 * The sum of the pseudo-header (RFC 8200 section 8.1), to be added to that of the upper layer's bytes. That of IPv4 (RFC 9293 section 3.1) has
 * the same fields in fewer bytes, so its sum is made alike.
 */
export function pseudoHeaderSum({ source, destination }: PacketEnds, nextHeader: number, lengthBytes: number): number {
  return sumWords(ipToBytes(source)) + sumWords(ipToBytes(destination)) + nextHeader + lengthBytes;
}
