import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeIcmpv4, encodeIcmpv4 } from "#src/wire/icmpv4.ts";
import { hex } from "./hex.ts";

const message = { type: 8, code: 0, body: hex("1a2b0001 70696e67") };
const bytes = hex("08 00 ff02 1a2b0001 70696e67");

describe("icmpv4", () => {
  it("encodeIcmpv4() writes the bytes with their checksum", () => expect(encodeIcmpv4(message)).toEqual(bytes));

  it("encodeIcmpv4() writes an odd number of bytes", () =>
    expect(encodeIcmpv4({ type: 0, code: 0, body: hex("1a2b0002 6f6464") })).toEqual(
      hex("00 00 126e 1a2b0002 6f6464"),
    ));

  it("decodeIcmpv4() reads the bytes", () => expect(decodeIcmpv4(bytes)).toEqual({ ok: true, message }));

  it.each([0, 3])("decodeIcmpv4() refuses %i bytes as short", (length) =>
    expect(decodeIcmpv4(bytes.subarray(0, length))).toEqual({ ok: false, reason: "short" }),
  );

  it("decodeIcmpv4() refuses any single flipped bit", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(decodeIcmpv4(flipped)).toEqual({ ok: false, reason: "checksum" });
    }
  });

  it("decodeIcmpv4() undoes encodeIcmpv4()", () => {
    const anyMessage = fc.record({ type: fc.nat(255), code: fc.nat(255), body: fc.uint8Array({ maxLength: 100 }) });
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeIcmpv4(encodeIcmpv4(message))).toEqual({ ok: true, message });
      }),
    );
  });
});
