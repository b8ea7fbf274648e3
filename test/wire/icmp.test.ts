import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeIcmp, encodeIcmp } from "#src/wire/icmp.ts";
import { hex } from "./hex.ts";

const message = { type: 8, code: 0, body: hex("1a2b0001 70696e67") };
const bytes = hex("08 00 ff02 1a2b0001 70696e67");

describe("icmp", () => {
  it("encodeIcmp() writes the bytes with their checksum", () => expect(encodeIcmp(message)).toEqual(bytes));

  it("encodeIcmp() writes an odd number of bytes", () =>
    expect(encodeIcmp({ type: 0, code: 0, body: hex("1a2b0002 6f6464") })).toEqual(hex("00 00 126e 1a2b0002 6f6464")));

  it("decodeIcmp() reads the bytes", () => expect(decodeIcmp(bytes)).toEqual({ ok: true, message }));

  it.each([0, 3])("decodeIcmp() refuses %i bytes as short", (length) =>
    expect(decodeIcmp(bytes.subarray(0, length))).toEqual({ ok: false, reason: "short" }),
  );

  it("decodeIcmp() refuses any single flipped bit", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(decodeIcmp(flipped)).toEqual({ ok: false, reason: "checksum" });
    }
  });

  it("decodeIcmp() undoes encodeIcmp()", () => {
    const anyMessage = fc.record({ type: fc.nat(255), code: fc.nat(255), body: fc.uint8Array({ maxLength: 100 }) });
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeIcmp(encodeIcmp(message))).toEqual({ ok: true, message });
      }),
    );
  });
});
