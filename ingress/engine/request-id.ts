import { randomFillSync } from "node:crypto";
import type { HeadWriter } from "./head-writer.ts";

/** Random bytes are fetched for 256 ids at once: one call for each would cost more than the rest of the head. */
const random = Buffer.alloc(16 * 256);
const DIGITS = Buffer.from("0123456789abcdef");
let used = random.length;

/** Bytes of an id for X-Request-ID: 32 hexadecimal digits, as ingress-nginx makes them. */
const REQUEST_ID_BYTES = 32;

/** A new id for X-Request-ID. */
export function makeRequestId(): Buffer {
  const made = Buffer.allocUnsafe(REQUEST_ID_BYTES);
  writeRandomHex(made, 0, REQUEST_ID_BYTES / 2);
  return made;
}

/** Writes a new id for X-Request-ID. */
export function writeRequestId(to: HeadWriter): void {
  to.at = writeRandomHex(to.bytes, to.at, REQUEST_ID_BYTES / 2);
}

/** Writes so many random bytes as hexadecimal digits; returns where they end. */
export function writeRandomHex(into: Buffer, start: number, count: number): number {
  let at = start;
  for (let left = count; left > 0; left--) {
    if (used === random.length) {
      randomFillSync(random);
      used = 0;
    }
    const byte = random[used++]!;
    into[at++] = DIGITS[byte >> 4]!;
    into[at++] = DIGITS[byte & 15]!;
  }
  return at;
}
