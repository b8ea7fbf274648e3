import { internetChecksum, sumWords } from "./checksum.ts";

/** Bytes before the body: type, code, checksum. */
const HEADER_BYTES = 4;

/** An ICMP message (RFC 792) without its checksum, which covers the message alone. */
export interface Icmpv4Message {
  readonly type: number;
  readonly code: number;
  readonly body: Uint8Array;
}

/** Why bytes are not an ICMP message: a closed set. */
type Icmpv4Fault = "short" | "checksum";

export type DecodedIcmpv4 =
  | { readonly ok: true; readonly message: Icmpv4Message }
  | { readonly ok: false; readonly reason: Icmpv4Fault };

/** Writes a message with its checksum. */
export function encodeIcmpv4({ type, code, body }: Icmpv4Message): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes[0] = type;
  bytes[1] = code;
  bytes.set(body, HEADER_BYTES);
  const checksum = internetChecksum(sumWords(bytes));
  bytes[2] = checksum >>> 8;
  bytes[3] = checksum;
  return bytes;
}

/** Reads a message and verifies its checksum; the body is a view of the input. */
export function decodeIcmpv4(bytes: Uint8Array): DecodedIcmpv4 {
  if (bytes.length < HEADER_BYTES) return { ok: false, reason: "short" };
  if (internetChecksum(sumWords(bytes)) !== 0) return { ok: false, reason: "checksum" };
  return { ok: true, message: { type: bytes[0] ?? 0, code: bytes[1] ?? 0, body: bytes.subarray(HEADER_BYTES) } };
}
