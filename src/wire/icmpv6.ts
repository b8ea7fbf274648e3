import { decodeIcmp, type DecodedIcmp, encodeIcmp, icmpLength, type IcmpMessage } from "./icmp.ts";
import { type PacketEnds, NEXT_HEADER_ICMPV6, pseudoHeaderSum } from "./ipv6.ts";

/** Writes a message with the checksum for a packet between these ends (RFC 4443 section 2.3). */
export function encodeIcmpv6(message: IcmpMessage, ends: PacketEnds): Uint8Array {
  return encodeIcmp(message, pseudoHeaderSum(ends, NEXT_HEADER_ICMPV6, icmpLength(message.body)));
}

/** Reads a message from a packet between these ends and verifies its checksum; the body is a view of the input. */
export function decodeIcmpv6(bytes: Uint8Array, ends: PacketEnds): DecodedIcmp {
  return decodeIcmp(bytes, pseudoHeaderSum(ends, NEXT_HEADER_ICMPV6, bytes.length));
}
