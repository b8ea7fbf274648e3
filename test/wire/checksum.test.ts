import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { internetChecksum, sumWords } from "#src/wire/checksum.ts";
import { hex } from "./hex.ts";

describe("internetChecksum()", () => {
  it.each([
    { name: "the example of RFC 1071 section 3", bytes: "0001 f203 f4f5 f6f7", checksum: 0x220d },
    { name: "an IPv4 header", bytes: "4500 0073 0000 4000 4011 0000 c0a8 0001 c0a8 00c7", checksum: 0xb861 },
    { name: "nothing", bytes: "", checksum: 0xffff },
    { name: "a last odd byte, padded behind", bytes: "0001 f2", checksum: 0x0dfe },
    { name: "a carry out of a carry", bytes: "ffff ffff 0001", checksum: 0xfffe },
  ])("is right for $name", ({ bytes, checksum }) => {
    expect(internetChecksum(sumWords(hex(bytes)))).toBe(checksum);
  });

  it("is 0 over data with its own checksum behind it", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 750 }), (words) => {
        const bytes = Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
        const checksum = internetChecksum(sumWords(bytes));
        expect(internetChecksum(sumWords(bytes) + checksum)).toBe(0);
      }),
    );
  });

  it("is exact for sums of more than 32 bits", () => {
    expect(internetChecksum(0xffff * 0x2_0000 + 5)).toBe(internetChecksum(5));
  });
});
