import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalIps, parseIp, printIp } from "#src/ip/address.ts";
import { echoReply, type EchoResponder } from "#src/layer2/echo-reply.ts";
import { hex } from "#test/wire/hex.ts";

const announced = ["192.0.2.200", "2001:db8::c0:ffee"].map((text) => parseIp(text) ?? expect.fail("an address"));
const responder: EchoResponder = {
  mac: hex("02005e100001"),
  answersFor: (ip) => announced.some((one) => equalIps(one, ip)),
  isBroadcast: (ip) => printIp(ip) === "192.0.2.255",
};

const TO_US = "02005e100001 02420a000001";
const TO_THEM = "02420a000001 02005e100001";

const replies = [
  {
    name: "IPv4: with the type of service and the number of the request, and a time to live of 64",
    frame: `${TO_US} 0800 45 b8 0020 beef 4000 03 01 336c c0000201 c00002c8  08 00 ff02 1a2b0001 70696e67`,
    reply: `${TO_THEM} 0800 45 b8 0020 beef 4000 40 01 f66b c00002c8 c0000201  00 00 0703 1a2b0001 70696e67`,
  },
  {
    name: "IPv4 through a router, which may be fragmented on its way, with an odd number of bytes",
    frame: `${TO_US} 0800 45 00 001f 0102 0000 40 01 8cd9 c6336407 c00002c8  08 00 0a6e 1a2b0002 6f6464`,
    reply: `${TO_THEM} 0800 45 00 001f 0102 0000 40 01 8cd9 c00002c8 c6336407  00 00 126e 1a2b0002 6f6464`,
  },
  {
    name: "IPv4 without data, padded to the least frame: the padding does not come back",
    frame: `${TO_US} 0800 45 00 001c 0000 4000 40 01 b617 c0000201 c00002c8  08 00 ddd1 1a2b0003 ${"ee".repeat(18)}`,
    reply: `${TO_THEM} 0800 45 00 001c 0000 4000 40 01 b617 c00002c8 c0000201  00 00 e5d1 1a2b0003`,
  },
  {
    name: "IPv6 from a link-local address, with a hop limit of 64",
    frame: `${TO_US} 86dd 60000000 000c 3a 07 fe8000000000000000420afffe000001 20010db8000000000000000000c0ffee
      80 00 5090 1a2b0001 70696e67`,
    reply: `${TO_THEM} 86dd 60000000 000c 3a 40 20010db8000000000000000000c0ffee fe8000000000000000420afffe000001
      81 00 4f90 1a2b0001 70696e67`,
  },
  {
    name: "IPv6 through a router, with an odd number of bytes",
    frame: `${TO_US} 86dd 60000000 000b 3a 3d 20010db8000900000000000000000007 20010db8000000000000000000c0ffee
      80 00 35f7 1a2b0002 6f6464`,
    reply: `${TO_THEM} 86dd 60000000 000b 3a 40 20010db8000000000000000000c0ffee 20010db8000900000000000000000007
      81 00 34f7 1a2b0002 6f6464`,
  },
];

const IPV4 = "45 00 0020 0000 4000 40 01";
const IPV6 = "60000000 000c 3a 40";
const VIP6 = "20010db8000000000000000000c0ffee";
const CLIENT6 = "fe8000000000000000420afffe000001";
const ECHO = "08 00 ff02 1a2b0001 70696e67";

const drops = [
  { name: "no bytes", reason: "malformed", frame: "" },
  { name: "13 bytes", reason: "malformed", frame: "02005e100001 02420a000001 08" },
  {
    name: "a frame to another machine",
    reason: "destination-mac",
    frame: `02005e100002 02420a000001 0800 ${IPV4} b613 c0000201 c00002c8 ${ECHO}`,
  },
  {
    name: "a frame to all machines",
    reason: "destination-mac",
    frame: `ffffffffffff 02420a000001 0800 ${IPV4} b613 c0000201 c00002c8 ${ECHO}`,
  },
  {
    name: "a frame to a group",
    reason: "destination-mac",
    frame: `01005e000001 02420a000001 0800 ${IPV4} b613 c0000201 c00002c8 ${ECHO}`,
  },
  {
    name: "our own frame, reflected",
    reason: "own-frame",
    frame: `02005e100001 02005e100001 0800 ${IPV4} b613 c0000201 c00002c8 ${ECHO}`,
  },
  {
    name: "a frame from a group",
    reason: "sender",
    frame: `02005e100001 03420a000001 0800 ${IPV4} b613 c0000201 c00002c8 ${ECHO}`,
  },
  { name: "ARP", reason: "not-echo", frame: `${TO_US} 0806 0001 0800 06 04 0001` },
  { name: "a VLAN tag", reason: "not-echo", frame: `${TO_US} 8100 0007 0800 ${IPV4} b613 c0000201 c00002c8 ${ECHO}` },
  {
    name: "another address",
    reason: "not-announced",
    frame: `${TO_US} 0800 ${IPV4} b612 c0000201 c00002c9 ${ECHO}`,
  },
  { name: "UDP", reason: "not-echo", frame: `${TO_US} 0800 45 00 0020 0000 4000 40 11 b603 c0000201 c00002c8 ${ECHO}` },
  {
    name: "an echo reply, so that two machines never answer each other for ever",
    reason: "not-echo",
    frame: `${TO_US} 0800 ${IPV4} b613 c0000201 c00002c8 00 00 0703 1a2b0001 70696e67`,
  },
  {
    name: "another code",
    reason: "not-echo",
    frame: `${TO_US} 0800 ${IPV4} b613 c0000201 c00002c8 08 01 ff01 1a2b0001 70696e67`,
  },
  {
    name: "a request without a sequence number",
    reason: "malformed",
    frame: `${TO_US} 0800 45 00 001a 0000 4000 40 01 b619 c0000201 c00002c8 08 00 ddd4 1a2b`,
  },
  {
    name: "a wrong checksum of the message",
    reason: "checksum",
    frame: `${TO_US} 0800 ${IPV4} b613 c0000201 c00002c8 08 00 ff03 1a2b0001 70696e67`,
  },
  {
    name: "a wrong checksum of the header",
    reason: "checksum",
    frame: `${TO_US} 0800 45 00 0020 0000 4000 41 01 b613 c0000201 c00002c8 ${ECHO}`,
  },
  {
    name: "a first piece",
    reason: "fragment",
    frame: `${TO_US} 0800 45 00 0020 0000 2000 40 01 d613 c0000201 c00002c8 ${ECHO}`,
  },
  {
    name: "a record of the route",
    reason: "options",
    frame: `${TO_US} 0800 47 00 0028 0000 4000 40 01 a904 c0000201 c00002c8 0707040000000000 ${ECHO}`,
  },
  {
    name: "a packet that the socket cut",
    reason: "malformed",
    frame: `${TO_US} 0800 45 00 0028 0000 4000 40 01 b60b c0000201 c00002c8 ${ECHO}`,
  },
  { name: "0.0.0.0", reason: "sender", frame: `${TO_US} 0800 ${IPV4} 7815 00000000 c00002c8 ${ECHO}` },
  { name: "127.0.0.1", reason: "sender", frame: `${TO_US} 0800 ${IPV4} f913 7f000001 c00002c8 ${ECHO}` },
  { name: "a multicast group", reason: "sender", frame: `${TO_US} 0800 ${IPV4} 9813 e0000001 c00002c8 ${ECHO}` },
  { name: "255.255.255.255", reason: "sender", frame: `${TO_US} 0800 ${IPV4} 7815 ffffffff c00002c8 ${ECHO}` },
  { name: "all hosts of a network", reason: "sender", frame: `${TO_US} 0800 ${IPV4} b515 c00002ff c00002c8 ${ECHO}` },
  { name: "the address itself", reason: "sender", frame: `${TO_US} 0800 ${IPV4} b54c c00002c8 c00002c8 ${ECHO}` },
  {
    name: "::",
    reason: "sender",
    frame: `${TO_US} 86dd ${IPV6} ${"00".repeat(16)} ${VIP6} 80 00 5854 1a2b0001 70696e67`,
  },
  {
    name: "::1",
    reason: "sender",
    frame: `${TO_US} 86dd ${IPV6} ${"00".repeat(15)}01 ${VIP6} 80 00 5853 1a2b0001 70696e67`,
  },
  {
    name: "an IPv6 group",
    reason: "sender",
    frame: `${TO_US} 86dd ${IPV6} ff020000000000000000000000000001 ${VIP6} 80 00 5950 1a2b0001 70696e67`,
  },
  {
    name: "an IPv4-mapped address",
    reason: "sender",
    frame: `${TO_US} 86dd ${IPV6} 00000000000000000000ffffc0000201 ${VIP6} 80 00 9652 1a2b0001 70696e67`,
  },
  {
    name: "the IPv6 address itself",
    reason: "sender",
    frame: `${TO_US} 86dd ${IPV6} ${VIP6} ${VIP6} 80 00 29ec 1a2b0001 70696e67`,
  },
  {
    name: "a neighbor solicitation",
    reason: "not-echo",
    frame: `${TO_US} 86dd ${IPV6} ${CLIENT6} ${VIP6} 87 00 4990 1a2b0001 70696e67`,
  },
  {
    name: "a piece of an IPv6 packet",
    reason: "not-echo",
    frame: `${TO_US} 86dd 60000000 0014 2c 40 ${CLIENT6} ${VIP6} 3a00000000000001 80 00 5090 1a2b0001 70696e67`,
  },
  {
    name: "an IPv6 request without a sequence number",
    reason: "malformed",
    frame: `${TO_US} 86dd 60000000 0006 3a 40 ${CLIENT6} ${VIP6} 80 00 4891 0102`,
  },
  {
    name: "all nodes",
    reason: "not-announced",
    frame: `${TO_US} 86dd ${IPV6} ${CLIENT6} ff020000000000000000000000000001 80 00 7ff4 1a2b0001 70696e67`,
  },
  {
    name: "a wrong checksum over IPv6",
    reason: "checksum",
    frame: `${TO_US} 86dd ${IPV6} ${CLIENT6} ${VIP6} 80 00 5090 1a2b0001 70696e66`,
  },
  { name: "a cut IPv6 header", reason: "malformed", frame: `${TO_US} 86dd ${IPV6} ${CLIENT6}` },
];

describe("echoReply()", () => {
  it.each(replies)("answers $name", ({ frame, reply }) => {
    expect(echoReply(hex(frame), responder)).toMatchObject({ kind: "reply", frame: hex(reply) });
  });

  it.each(drops)("does not answer $name ($reason)", ({ frame, reason }) => {
    expect(echoReply(hex(frame), responder)).toEqual({ kind: "drop", reason });
  });

  it("names a request by its addresses and numbers, and says how far it could still go", () => {
    const [first, second] = replies.map(({ frame }) => echoReply(hex(frame), responder));
    const ends = [0xc000_0201, 0xc000_02c8].join(" ");
    expect(first).toMatchObject({ request: `${ends} 26.43.0.1`, hopsLeft: 3 });
    expect(second).toMatchObject({ hopsLeft: 64 });
  });

  it("does not answer where the node has the address itself", () => {
    const other = { ...responder, answersFor: () => false };
    for (const { frame } of replies)
      expect(echoReply(hex(frame), other)).toEqual({ kind: "drop", reason: "not-announced" });
  });

  it("never throws, answers only to where a frame came from, and never with more bytes", () => {
    const valid = replies.map(({ frame }) => hex(frame));
    const anyChange = fc.record({ at: fc.nat(90), byte: fc.nat(255) });
    const anyFrame = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.tuple(fc.constantFrom(...valid), fc.array(anyChange, { maxLength: 3 })).map(([frame, changes]) => {
        const changed = Uint8Array.from(frame);
        for (const { at, byte } of changes) if (at < changed.length) changed[at] = byte;
        return changed;
      }),
    );
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const echo = echoReply(frame, responder);
        if (echo.kind === "drop") return;
        expect(echo.frame.subarray(0, 6)).toEqual(frame.subarray(6, 12));
        expect(echo.frame.subarray(6, 12)).toEqual(responder.mac);
        expect(echo.frame.length).toBeLessThanOrEqual(frame.length);
        // A reply is no request: nobody answers it.
        expect(echoReply(echo.frame, { ...responder, mac: frame.subarray(6, 12), answersFor: () => true })).toEqual({
          kind: "drop",
          reason: "not-echo",
        });
      }),
      { numRuns: 500 },
    );
  });
});
