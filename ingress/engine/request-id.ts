import { randomBytes } from "node:crypto";
import type { HeadWriter } from "./head-writer.ts";

/** Digits are made for 256 ids at once: one call for each would cost more than the rest of the head. */
const RANDOM_BYTES = 16 * 256;
const digits = Buffer.alloc(2 * RANDOM_BYTES);
let used = digits.length;

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

/** Writes so many random bytes, up to 4,096, as hexadecimal digits; returns where they end. */
export function writeRandomHex(into: Buffer, start: number, count: number): number {
  if (used + 2 * count > digits.length) {
    digits.write(randomBytes(RANDOM_BYTES).toString("hex"), "latin1");
    used = 0;
  }
  const from = used;
  const length = 2 * count;
  for (let index = 0; index < length; index++) into[start + index] = digits[from + index]!;
  used += length;
  return start + length;
}
