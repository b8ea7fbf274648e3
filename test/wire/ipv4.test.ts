import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipFromBytes, parseIp } from "#src/ip/address.ts";
import { decodeIpv4, encodeIpv4, type Ipv4Packet } from "#src/wire/ipv4.ts";
import { hex } from "./hex.ts";

const packet: Ipv4Packet = {
  typeOfService: 0xb8,
  identification: 0xbeef,
  dontFragment: true,
  timeToLive: 3,
  protocol: 1,
  source: parseIp("192.0.2.1") ?? expect.fail("an address"),
  destination: parseIp("192.0.2.200") ?? expect.fail("an address"),
  payload: hex("0800ff02 1a2b0001 70696e67"),
};
const bytes = hex("45 b8 0020 beef 4000 03 01 336c c0000201 c00002c8 0800ff021a2b000170696e67");

describe("ipv4", () => {
  it("encodeIpv4() writes the bytes with the checksum of the header", () => expect(encodeIpv4(packet)).toEqual(bytes));

  it("decodeIpv4() reads the bytes", () => expect(decodeIpv4(bytes)).toEqual({ ok: true, packet }));

  it("decodeIpv4() leaves out padding", () =>
    expect(decodeIpv4(Uint8Array.of(...bytes, 0, 0, 0))).toEqual({ ok: true, packet }));

  it.each([
    { name: "no bytes", reason: "malformed", bytes: "" },
    { name: "19 bytes", reason: "malformed", bytes: "45 00 0013 0000 4000 40 01 b620 c0000201 c00002" },
    { name: "version 6", reason: "malformed", bytes: "65 00 0014 0000 4000 40 01 961f c0000201 c00002c8" },
    { name: "a header of 16 bytes", reason: "malformed", bytes: "44 00 0014 0000 4000 40 01 b71f c0000201 c00002c8" },
    {
      name: "options: a record of the route",
      reason: "options",
      bytes: "47 00 001c 0000 4000 40 01 a910 c0000201 c00002c8 0707040000000000",
    },
    {
      name: "less payload than it says",
      reason: "malformed",
      bytes: "45 00 0028 0000 4000 40 01 b60b c0000201 c00002c8 0800ff021a2b000170696e67",
    },
    {
      name: "a length below that of the header",
      reason: "malformed",
      bytes: "45 00 0013 0000 4000 40 01 b620 c0000201 c00002c8 0800ff021a2b000170696e67",
    },
    {
      name: "a first piece",
      reason: "fragment",
      bytes: "45 00 0020 0000 2000 40 01 d613 c0000201 c00002c8 0800ff021a2b000170696e67",
    },
    {
      name: "a last piece",
      reason: "fragment",
      bytes: "45 00 0020 0000 0001 40 01 f612 c0000201 c00002c8 0800ff021a2b000170696e67",
    },
    {
      name: "the reserved flag",
      reason: "fragment",
      bytes: "45 00 0020 0000 8000 40 01 7613 c0000201 c00002c8 0800ff021a2b000170696e67",
    },
  ])("decodeIpv4() refuses $name", ({ bytes, reason }) =>
    expect(decodeIpv4(hex(bytes))).toEqual({ ok: false, reason }),
  );

  it("decodeIpv4() refuses any single flipped bit of the header", () => {
    for (let bit = 0; bit < 160; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(decodeIpv4(flipped).ok).toBe(false);
    }
  });

  it("decodeIpv4() undoes encodeIpv4()", () => {
    const anyIp = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipFromBytes);
    const anyPacket = fc.record({
      typeOfService: fc.nat(255),
      identification: fc.nat(65_535),
      dontFragment: fc.boolean(),
      timeToLive: fc.nat(255),
      protocol: fc.nat(255),
      source: anyIp,
      destination: anyIp,
      payload: fc.uint8Array({ maxLength: 600, size: "max" }),
    });
    fc.assert(
      fc.property(anyPacket, (packet) => {
        expect(decodeIpv4(encodeIpv4(packet))).toEqual({ ok: true, packet });
      }),
    );
  });

  it("decodeIpv4() never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, isVersion4) => {
        if (isVersion4) bytes[0] = 0x45;
        expect(typeof decodeIpv4(bytes).ok).toBe("boolean");
      }),
    );
  });
});
