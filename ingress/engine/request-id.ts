import { randomFillSync } from "node:crypto";
import type { HeadWriter } from "./head-writer.ts";

/** Random bytes are fetched for 256 ids at once: one call for each would cost more than the rest of the head. */
const random = Buffer.alloc(16 * 256);
const DIGITS = Buffer.from("0123456789abcdef");
let used = random.length;

/** Writes a new id for X-Request-ID: 32 hexadecimal digits, as ingress-nginx makes them. */
export function writeRequestId(to: HeadWriter): void {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const { bytes } = to;
  for (let count = 0; count < 16; count++) {
    const byte = random[used++]!;
    bytes[to.at++] = DIGITS[byte >> 4]!;
    bytes[to.at++] = DIGITS[byte & 15]!;
  }
}
