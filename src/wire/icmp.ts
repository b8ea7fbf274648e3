import { internetChecksum, sumWords } from "./checksum.ts";

/** Bytes before the body: type, code, checksum. */
const HEADER_BYTES = 4;

/** A message of ICMP (RFC 792) or ICMPv6 (RFC 4443 section 2.1) without its checksum. */
export interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  readonly body: Uint8Array;
}

/** Why bytes are not such a message: a closed set. */
type IcmpFault = "short" | "checksum";

export type DecodedIcmp =
  | { readonly ok: true; readonly message: IcmpMessage }
  | { readonly ok: false; readonly reason: IcmpFault };

/** Writes a message of ICMP with its checksum, or with `pseudoHeader`, the sum of a pseudo header, one of ICMPv6. */
export function encodeIcmp({ type, code, body }: IcmpMessage, pseudoHeader = 0): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes[0] = type;
  bytes[1] = code;
  bytes.set(body, HEADER_BYTES);
  const checksum = internetChecksum(sumWords(bytes) + pseudoHeader);
  bytes[2] = checksum >>> 8;
  bytes[3] = checksum;
  return bytes;
}

/** Reads a message and verifies its checksum; the body is a view of the input. */
export function decodeIcmp(bytes: Uint8Array, pseudoHeader = 0): DecodedIcmp {
  if (bytes.length < HEADER_BYTES) return { ok: false, reason: "short" };
  if (internetChecksum(sumWords(bytes) + pseudoHeader) !== 0) return { ok: false, reason: "checksum" };
  return { ok: true, message: { type: bytes[0] ?? 0, code: bytes[1] ?? 0, body: bytes.subarray(HEADER_BYTES) } };
}

/** How long a message with this body is. */
export function icmpLength(body: Uint8Array): number {
  return HEADER_BYTES + body.length;
}
