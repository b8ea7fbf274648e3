import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipFromBytes } from "#src/ip/address.ts";
import { type ArpPacket, decodeArp, encodeArp } from "#src/wire/arp.ts";
import { hex } from "./hex.ts";

const request: ArpPacket = {
  operation: "request",
  senderMac: hex("02 42 0a 00 00 01"),
  senderIp: ipFromBytes(hex("c0 00 02 01")),
  targetMac: hex("00 00 00 00 00 00"),
  targetIp: ipFromBytes(hex("c0 00 02 c8")),
};
const requestBytes = hex(`
  0001 0800 06 04
  0001
  02420a000001 c0000201
  000000000000 c00002c8
`);
const reply: ArpPacket = {
  operation: "reply",
  senderMac: hex("02 00 5e 10 00 01"),
  senderIp: ipFromBytes(hex("c0 00 02 c8")),
  targetMac: hex("02 42 0a 00 00 01"),
  targetIp: ipFromBytes(hex("c0 00 02 01")),
};
const replyBytes = hex(`
  0001 0800 06 04
  0002
  02005e100001 c00002c8
  02420a000001 c0000201
`);

const tables = [
  { name: "a request", packet: request, bytes: requestBytes },
  { name: "a reply", packet: reply, bytes: replyBytes },
];

const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 });
const anyIp = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipFromBytes);
const anyPacket = fc.record({
  operation: fc.constantFrom("request" as const, "reply" as const),
  senderMac: anyMac,
  senderIp: anyIp,
  targetMac: anyMac,
  targetIp: anyIp,
});

describe("encodeArp()", () => {
  it.each(tables)("writes $name", ({ packet, bytes }) => expect(encodeArp(packet)).toEqual(bytes));
});

describe("decodeArp()", () => {
  it.each(tables)("reads $name", ({ packet, bytes }) => expect(decodeArp(bytes)).toEqual(packet));

  it("leaves padding alone", () => {
    expect(decodeArp(Uint8Array.of(...requestBytes, ...new Uint8Array(18).fill(0xaa)))).toEqual(request);
  });

  it.each([
    { name: "no bytes", bytes: "" },
    { name: "8 bytes", bytes: "0001 0800 06 04 0001" },
    { name: "27 bytes", bytes: "0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002" },
    { name: "hardware type 6", bytes: "0006 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002c8" },
    { name: "protocol type IPv6", bytes: "0001 86dd 06 04 0001 02420a000001 c0000201 000000000000 c00002c8" },
    { name: "hardware length 8", bytes: "0001 0800 08 04 0001 02420a000001 c0000201 000000000000 c00002c8" },
    { name: "protocol length 16", bytes: "0001 0800 06 10 0001 02420a000001 c0000201 000000000000 c00002c8" },
    { name: "operation 0", bytes: "0001 0800 06 04 0000 02420a000001 c0000201 000000000000 c00002c8" },
    { name: "operation 3 (RARP)", bytes: "0001 0800 06 04 0003 02420a000001 c0000201 000000000000 c00002c8" },
    { name: "operation 257", bytes: "0001 0800 06 04 0101 02420a000001 c0000201 000000000000 c00002c8" },
  ])("refuses $name", ({ bytes }) => expect(decodeArp(hex(bytes))).toBeUndefined());

  it("undoes encodeArp()", () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        expect(decodeArp(encodeArp(packet))).toEqual(packet);
      }),
    );
  });

  it("never throws, and what it reads is what encodeArp() writes", () => {
    const nearly = fc.tuple(fc.uint8Array({ maxLength: 28 }), fc.nat(28)).map(([noise, at]) => {
      const bytes = Uint8Array.from(replyBytes);
      bytes.set(noise.subarray(0, 28 - at), at);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), nearly), (bytes) => {
        const packet = decodeArp(bytes);
        if (packet !== undefined) expect(encodeArp(packet)).toEqual(bytes.subarray(0, 28));
      }),
    );
  });
});
