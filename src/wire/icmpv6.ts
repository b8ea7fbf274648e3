import { internetChecksum, sumWords } from "./checksum.ts";
import { type Ipv6Ends, NEXT_HEADER_ICMPV6, pseudoHeaderSum } from "./ipv6.ts";

/** Bytes before the body: type, code, checksum. */
const HEADER_BYTES = 4;

/** An ICMPv6 message (RFC 4443 section 2.1) without its checksum, which depends on the ends of the packet. */
export interface Icmpv6Message {
  readonly type: number;
  readonly code: number;
  readonly body: Uint8Array;
}

/** Why bytes are not an ICMPv6 message: a closed set. */
type Icmpv6Fault = "short" | "checksum";

export type DecodedIcmpv6 =
  | { readonly ok: true; readonly message: Icmpv6Message }
  | { readonly ok: false; readonly reason: Icmpv6Fault };

function checksumOf(bytes: Uint8Array, ends: Ipv6Ends): number {
  return internetChecksum(sumWords(bytes) + pseudoHeaderSum(ends, NEXT_HEADER_ICMPV6, bytes.length));
}

/** Writes a message with the checksum for a packet between these ends (RFC 4443 section 2.3). */
export function encodeIcmpv6({ type, code, body }: Icmpv6Message, ends: Ipv6Ends): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes[0] = type;
  bytes[1] = code;
  bytes.set(body, HEADER_BYTES);
  const checksum = checksumOf(bytes, ends);
  bytes[2] = checksum >>> 8;
  bytes[3] = checksum;
  return bytes;
}

/** Reads a message from a packet between these ends and verifies its checksum; the body is a view of the input. */
export function decodeIcmpv6(bytes: Uint8Array, ends: Ipv6Ends): DecodedIcmpv6 {
  if (bytes.length < HEADER_BYTES) return { ok: false, reason: "short" };
  if (checksumOf(bytes, ends) !== 0) return { ok: false, reason: "checksum" };
  return { ok: true, message: { type: bytes[0] ?? 0, code: bytes[1] ?? 0, body: bytes.subarray(HEADER_BYTES) } };
}
