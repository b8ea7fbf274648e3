import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printIp } from "#src/ip/address.ts";
import { internetChecksum, sumWords } from "#src/wire/checksum.ts";
import { decodeCarp } from "#src/wire/carp.ts";
import { decodeVrrp } from "#src/wire/vrrp.ts";
import { hex } from "./hex.ts";
import { IPV4_ENDS, IPV6_ENDS, KEEPALIVED, PLAIN_VERSION3, UCARP } from "./virtual-router-packets.ts";

/** The message with the checksum of its own bytes alone. */
function summed(message: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(message);
  bytes.fill(0, 6, 8);
  new DataView(bytes.buffer).setUint16(6, internetChecksum(sumWords(bytes)));
  return bytes;
}

/** What ends a message. */
const AUTHENTICATION = { 2: Array.from({ length: 8 }, () => 0x61), 3: [] } as const;

const MESSAGES = [
  ["version 2", KEEPALIVED.version2, IPV4_ENDS, "version 2, router 51, priority 150, 1000 ms: 192.0.2.200 192.0.2.201"],
  [
    "version 2 with a password",
    KEEPALIVED.password,
    IPV4_ENDS,
    "version 2, router 51, priority 150, 1000 ms: 192.0.2.200",
  ],
  ["version 3", KEEPALIVED.version3, IPV4_ENDS, "version 3, router 51, priority 150, 500 ms: 192.0.2.200"],
  ["the last one of a machine", KEEPALIVED.last, IPV4_ENDS, "version 3, router 51, priority 0, 500 ms: 192.0.2.200"],
  [
    "version 3 over IPv6",
    KEEPALIVED.ipv6,
    IPV6_ENDS,
    "version 3, router 51, priority 150, 1000 ms: fe80::5e00:5301 2001:db8::c0:ffee",
  ],
  ["version 3 by RFC 9568", PLAIN_VERSION3, IPV4_ENDS, "version 3, router 7, priority 100, 1000 ms: 192.0.2.7"],
] as const;

describe("decodeVrrp()", () => {
  it.each(MESSAGES)("reads %s", (_, bytes, ends, said) => {
    const { version, id, priority, intervalMs, addresses } = decodeVrrp(bytes, ends) ?? expect.fail("it is one");
    const head = `version ${version}, router ${id}, priority ${priority}, ${intervalMs} ms`;
    expect(`${head}: ${addresses.map(printIp).join(" ")}`).toBe(said);
  });

  it.each(MESSAGES)("refuses each part of %s, more than it, and any flipped bit", (_, bytes, ends) => {
    for (let length = 0; length < bytes.length; length++)
      expect(decodeVrrp(bytes.subarray(0, length), ends)).toBeUndefined();
    expect(decodeVrrp(Uint8Array.of(...bytes, 0, 0), ends)).toBeUndefined();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(decodeVrrp(flipped, ends)).toBeUndefined();
    }
  });

  it.each([
    ["no address", hex("31 33 96 00 0064 0000")],
    ["the virtual router 0", hex("31 00 96 01 0064 0000 c00002c8")],
    ["version 2 without its last two words", hex("21 33 96 01 00 01 0000 c00002c8")],
    ["version 3 with two more words", hex("31 33 96 01 0064 0000 c00002c8 0000000000000000")],
    ["version 4", hex("41 33 96 01 0064 0000 c00002c8")],
    ["another type", hex("32 33 96 01 0064 0000 c00002c8")],
    ["fewer addresses than it counts", hex("31 33 96 ff 0064 0000 c00002c8")],
  ])("refuses %s", (_, bytes) => expect(decodeVrrp(summed(bytes), IPV4_ENDS)).toBeUndefined());

  it("refuses version 2, and a checksum without the pseudo header, over IPv6", () => {
    expect(decodeVrrp(KEEPALIVED.version2, IPV6_ENDS)).toBeUndefined();
    expect(decodeVrrp(summed(KEEPALIVED.ipv6), IPV6_ENDS)).toBeUndefined();
  });

  it("reads as many addresses as a byte can count", () => {
    const head = hex("31 01 01 ff 0fff 0000");
    const read = decodeVrrp(summed(Uint8Array.of(...head, ...new Uint8Array(255 * 4).fill(9))), IPV4_ENDS);
    expect([read?.addresses.length, read?.intervalMs]).toEqual([255, 40_950]);
  });

  it("reads each message of version 2 and 3 as it was written", () => {
    const anyAddress = fc.uint8Array({ minLength: 4, maxLength: 4 });
    const anyFields = fc.record({
      version: fc.constantFrom(2 as const, 3 as const),
      id: fc.integer({ min: 1, max: 255 }),
      priority: fc.nat(255),
      interval: fc.nat(255),
      addresses: fc.array(anyAddress, { minLength: 1, maxLength: 255 }),
    });
    fc.assert(
      fc.property(anyFields, ({ version, id, priority, interval, addresses }) => {
        const head = [(version << 4) | 1, id, priority, addresses.length, 0, interval, 0, 0];
        const bytes = summed(
          Uint8Array.from([...head, ...addresses.flatMap((one) => [...one]), ...AUTHENTICATION[version]]),
        );
        const read = decodeVrrp(bytes, IPV4_ENDS);
        expect(read).toMatchObject({ version, id, priority, intervalMs: interval * (version === 2 ? 1_000 : 10) });
        expect(read?.addresses.map(printIp)).toEqual(addresses.map((one) => one.join(".")));
      }),
    );
  });

  it("never throws, and reads no more addresses than there are bytes for, whatever the bytes", () => {
    const anyMessage = fc
      .tuple(fc.constantFrom(0x21, 0x31), fc.uint8Array({ maxLength: 1_500 }))
      .map((parts) => Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part]))));
    const anySummed = anyMessage.filter(({ length }) => length >= 8).map(summed);
    const anyBytes = fc.oneof(anyMessage, anySummed, fc.uint8Array());
    fc.assert(
      fc.property(anyBytes, fc.constantFrom(IPV4_ENDS, IPV6_ENDS), (bytes, ends) => {
        const read = decodeVrrp(bytes, ends);
        const size = ends === IPV4_ENDS ? 4 : 16;
        expect((read?.addresses.length ?? 0) * size).toBeLessThanOrEqual(bytes.length);
        expect(read?.addresses.every(({ family }) => family === ends.source.family)).not.toBe(false);
      }),
    );
  });
});

describe("decodeCarp()", () => {
  it("reads what ucarp sends", () => expect(decodeCarp(UCARP)).toEqual({ id: 51, intervalMs: 1_000 }));

  it("is told from VRRP, which begins with the same byte, in both directions", () => {
    expect(decodeVrrp(UCARP, IPV4_ENDS)).toBeUndefined();
    for (const bytes of Object.values(KEEPALIVED)) expect(decodeCarp(bytes)).toBeUndefined();
    // Five addresses have the length of CARP, seven its number of words.
    for (const count of [5, 7]) {
      const bytes = summed(Uint8Array.of(...hex(`21 33 96 0${count} 00 01 0000`), ...new Uint8Array(count * 4 + 8)));
      expect(decodeVrrp(bytes, IPV4_ENDS)?.addresses).toHaveLength(count);
      expect(decodeCarp(bytes)).toBeUndefined();
    }
  });

  it("refuses the virtual router 0, each part of it, and any flipped bit", () => {
    expect(decodeCarp(summed(Uint8Array.from(UCARP, (byte, at) => (at === 1 ? 0 : byte))))).toBeUndefined();
    for (let length = 0; length < UCARP.length; length++) expect(decodeCarp(UCARP.subarray(0, length))).toBeUndefined();
    for (let bit = 0; bit < UCARP.length * 8; bit++) {
      const flipped = Uint8Array.from(UCARP, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(decodeCarp(flipped)).toBeUndefined();
    }
  });
});
