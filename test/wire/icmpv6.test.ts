import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipFromBytes, parseIp } from "#src/ip/address.ts";
import { decodeIcmpv6, encodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { hex } from "./hex.ts";

const ends = {
  source: parseIp("fe80::42:aff:fe00:1") ?? expect.fail("an address"),
  destination: parseIp("ff02::1:ffc0:ffee") ?? expect.fail("an address"),
};
const message = {
  type: 135,
  code: 0,
  body: hex("00000000 20010db8000000000000000000c0ffee 01 01 02420a000001"),
};
const bytes = hex(`
  87 00 3681
  00000000 20010db8000000000000000000c0ffee
  01 01 02420a000001
`);

const anyIp = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipFromBytes);
const anyEnds = fc.record({ source: anyIp, destination: anyIp });
const anyMessage = fc.record({ type: fc.nat(255), code: fc.nat(255), body: fc.uint8Array({ maxLength: 100 }) });

describe("encodeIcmpv6()", () => {
  it("writes the bytes with their checksum", () => expect(encodeIcmpv6(message, ends)).toEqual(bytes));
});

describe("decodeIcmpv6()", () => {
  it("reads the bytes", () => expect(decodeIcmpv6(bytes, ends)).toEqual({ ok: true, message }));

  it.each([0, 3])("refuses %i bytes as short", (length) => {
    expect(decodeIcmpv6(bytes.subarray(0, length), ends)).toEqual({ ok: false, reason: "short" });
  });

  it("refuses a message that was meant for another destination", () => {
    const other = { ...ends, destination: ends.source };
    expect(decodeIcmpv6(bytes, other)).toEqual({ ok: false, reason: "checksum" });
  });

  it("refuses any single flipped bit", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(decodeIcmpv6(flipped, ends)).toEqual({ ok: false, reason: "checksum" });
    }
  });

  it("undoes encodeIcmpv6()", () => {
    fc.assert(
      fc.property(anyMessage, anyEnds, (message, ends) => {
        expect(decodeIcmpv6(encodeIcmpv6(message, ends), ends)).toEqual({ ok: true, message });
      }),
    );
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), anyEnds, (bytes, ends) => {
        expect(typeof decodeIcmpv6(bytes, ends).ok).toBe("boolean");
      }),
    );
  });
});
