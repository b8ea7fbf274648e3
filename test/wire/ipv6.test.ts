import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipFromBytes, parseIp } from "#src/ip/address.ts";
import { decodeIpv6, encodeIpv6, type Ipv6Packet, pseudoHeaderSum } from "#src/wire/ipv6.ts";
import { hex } from "./hex.ts";

const source = parseIp("fe80::42:aff:fe00:1") ?? expect.fail("an address");
const destination = parseIp("ff02::1:ffc0:ffee") ?? expect.fail("an address");
const packet: Ipv6Packet = { nextHeader: 58, hopLimit: 255, source, destination, payload: hex("87 00 36 81") };
const bytes = hex(`
  60000000 0004 3a ff
  fe80 0000 0000 0000 0042 0aff fe00 0001
  ff02 0000 0000 0000 0000 0001 ffc0 ffee
  87003681
`);
const zeros = "00".repeat(32);

describe("ipv6", () => {
  it("encodeIpv6() writes the bytes", () => expect(encodeIpv6(packet)).toEqual(bytes));

  it("decodeIpv6() reads the bytes", () => expect(decodeIpv6(bytes)).toEqual(packet));

  it("decodeIpv6() leaves out padding, traffic class and flow label", () => {
    const padded = Uint8Array.of(...bytes, 0, 0, 0);
    padded.set(hex("6f 12 34 56"), 0);
    expect(decodeIpv6(padded)).toEqual(packet);
  });

  it.each([
    { name: "no bytes", bytes: "" },
    { name: "39 bytes", bytes: `60000000 0000 3a ff ${zeros.slice(2)}` },
    { name: "version 4", bytes: `45000000 0000 3a ff ${zeros}` },
    { name: "less payload than it says", bytes: `60000000 0005 3a ff ${zeros} 01020304` },
  ])("decodeIpv6() refuses $name", ({ bytes }) => expect(decodeIpv6(hex(bytes))).toBeUndefined());

  it("decodeIpv6() undoes encodeIpv6()", () => {
    const anyIp = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipFromBytes);
    const anyPacket = fc.record({
      nextHeader: fc.nat(255),
      hopLimit: fc.nat(255),
      source: anyIp,
      destination: anyIp,
      payload: fc.uint8Array({ maxLength: 600, size: "max" }),
    });
    fc.assert(
      fc.property(anyPacket, (packet) => {
        expect(decodeIpv6(encodeIpv6(packet))).toEqual(packet);
      }),
    );
  });

  it("decodeIpv6() never throws", () => {
    const nearly = fc.uint8Array({ maxLength: 60 }).map((noise) => Uint8Array.of(0x60, 0, 0, 0, ...noise));
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 80 })), (bytes) => {
        const decoded = decodeIpv6(bytes);
        expect(decoded === undefined || decoded.payload.length <= bytes.length - 40).toBe(true);
      }),
    );
  });
});

describe("pseudoHeaderSum()", () => {
  it("adds both addresses, the length and the next header (RFC 8200 section 8.1)", () => {
    const ends = {
      source: parseIp("1::2") ?? expect.fail("an IP"),
      destination: parseIp("30::40") ?? expect.fail("an IP"),
    };
    expect(pseudoHeaderSum(ends, 58, 0x100)).toBe(1 + 2 + 0x30 + 0x40 + 58 + 0x100);
  });
});
