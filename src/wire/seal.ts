import { createHmac, timingSafeEqual } from "node:crypto";

// A sealed datagram: magic "HWSR" 4 | version 1 | body | tag 16. The tag is HMAC-SHA256 over all before it, cut to
// 16 bytes (RFC 2104 section 5 allows half of the hash).

const MAGIC = Uint8Array.from("HWSR", (letter) => letter.charCodeAt(0));
/** Of the body; the seal is the same in all. */
const VERSIONS: readonly number[] = [1, 2, 3, 4];
const HEADER_BYTES = MAGIC.length + 1;
const TAG_BYTES = 16;

/** What sealing adds to a body. */
export const SEAL_BYTES = HEADER_BYTES + TAG_BYTES;

/** Why bytes are not a datagram sealed with one of our keys: a closed set. */
export type SealFault = "short" | "magic" | "version" | "tag";

export type Unsealed =
  | { readonly ok: true; readonly version: number; readonly body: Uint8Array }
  | { readonly ok: false; readonly reason: SealFault };

/** Puts a body of a version into a datagram that only holders of the key can make. */
export function seal(body: Uint8Array, key: Uint8Array, version: 1 | 2 | 3 | 4): Uint8Array {
  const bytes = new Uint8Array(body.length + SEAL_BYTES);
  const tagStart = bytes.length - TAG_BYTES;
  bytes.set(MAGIC, 0);
  bytes[MAGIC.length] = version;
  bytes.set(body, HEADER_BYTES);
  bytes.set(tagOf(bytes.subarray(0, tagStart), key), tagStart);
  return bytes;
}

/**
 * Gives back the body, a view of the input, if one of the keys sealed it (more than one while a key is being
 * replaced). Tags are compared in constant time.
 */
export function unseal(bytes: Uint8Array, keys: readonly Uint8Array[]): Unsealed {
  if (bytes.length < SEAL_BYTES) return { ok: false, reason: "short" };
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return { ok: false, reason: "magic" };
  const version = bytes[MAGIC.length] ?? 0;
  if (!VERSIONS.includes(version)) return { ok: false, reason: "version" };
  const tagStart = bytes.length - TAG_BYTES;
  const signed = bytes.subarray(0, tagStart);
  const tag = bytes.subarray(tagStart);
  if (!keys.some((key) => timingSafeEqual(tagOf(signed, key), tag))) return { ok: false, reason: "tag" };
  return { ok: true, version, body: signed.subarray(HEADER_BYTES) };
}

function tagOf(signed: Uint8Array, key: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(signed).digest().subarray(0, TAG_BYTES);
}
