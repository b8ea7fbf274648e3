import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalIps, parseIp, printIp } from "#src/ip/address.ts";
import { answer, type Responder } from "#src/layer2/answer.ts";
import { dropReasons } from "#src/layer2/drop-reason.ts";
import { hex } from "#test/wire/hex.ts";

const announced = ["192.0.2.200", "2001:db8::c0:ffee"].map((text) => parseIp(text) ?? expect.fail("an address"));
const responder: Responder = {
  mac: hex("02005e100001"),
  isAnnounced: (ip) => announced.some((one) => equalIps(one, ip)),
};

const replies = [
  {
    name: "an ARP request by broadcast",
    frame: `ffffffffffff 02420a000001 0806
      0001 0800 06 04 0001  02420a000001 c0000201  000000000000 c00002c8`,
    reply: `02420a000001 02005e100001 0806
      0001 0800 06 04 0002  02005e100001 c00002c8  02420a000001 c0000201`,
  },
  {
    name: "an ARP request to our MAC, as sent to re-check an entry",
    frame: `02005e100001 02420a000001 0806
      0001 0800 06 04 0001  02420a000001 c0000201  02005e100001 c00002c8`,
    reply: `02420a000001 02005e100001 0806
      0001 0800 06 04 0002  02005e100001 c00002c8  02420a000001 c0000201`,
  },
  {
    name: "an ARP request with padding",
    frame: `ffffffffffff 02420a000001 0806
      0001 0800 06 04 0001  02420a000001 c0000201  000000000000 c00002c8  ${"00".repeat(18)}`,
    reply: `02420a000001 02005e100001 0806
      0001 0800 06 04 0002  02005e100001 c00002c8  02420a000001 c0000201`,
  },
  {
    name: "an ARP probe, which comes from 0.0.0.0 (RFC 5227 section 2.1.1)",
    frame: `ffffffffffff 02420a000001 0806
      0001 0800 06 04 0001  02420a000001 00000000  000000000000 c00002c8`,
    reply: `02420a000001 02005e100001 0806
      0001 0800 06 04 0002  02005e100001 c00002c8  02420a000001 00000000`,
  },
  {
    name: "a solicitation to the solicited-node group",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3681 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
    reply: `02420a000001 02005e100001 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee fe8000000000000000420afffe000001
      88 00 50fe 60000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
  },
  {
    name: "a unicast solicitation without the source link-layer option: to the Ethernet source",
    frame: `02005e100001 02420a000001 86dd
      60000000 0018 3a ff fe8000000000000000420afffe000001 20010db8000000000000000000c0ffee
      87 00 1419 00000000 20010db8000000000000000000c0ffee`,
    reply: `02420a000001 02005e100001 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee fe8000000000000000420afffe000001
      88 00 50fe 60000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
  },
  {
    name: "a unicast solicitation with the option",
    frame: `02005e100001 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 20010db8000000000000000000c0ffee
      87 00 06cd 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
    reply: `02420a000001 02005e100001 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee fe8000000000000000420afffe000001
      88 00 50fe 60000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
  },
  {
    name: "a solicitation to the group without the option, which is sent by some (RFC 4861 section 4.3 asks for it)",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0018 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 43cd 00000000 20010db8000000000000000000c0ffee`,
    reply: `02420a000001 02005e100001 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee fe8000000000000000420afffe000001
      88 00 50fe 60000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
  },
  {
    name: "a solicitation with another option behind it (a nonce, RFC 3971 section 5.3.2)",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0028 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 1f6c 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001 0e 01 010203040506`,
    reply: `02420a000001 02005e100001 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee fe8000000000000000420afffe000001
      88 00 50fe 60000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
  },
  {
    name: "a solicitation through a bridge that changes the Ethernet source: to the option's address",
    frame: `3333ffc0ffee 0242ffffffff 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3681 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
    reply: `02420a000001 02005e100001 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee fe8000000000000000420afffe000001
      88 00 50fe 60000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
  },
  {
    name: "duplicate address detection, from ::, to all nodes and unsolicited (RFC 4861 section 7.2.4)",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0018 3a ff 00000000000000000000000000000000 ff0200000000000000000001ffc0ffee
      87 00 4b91 00000000 20010db8000000000000000000c0ffee`,
    reply: `333300000001 02005e100001 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee ff020000000000000000000000000001
      88 00 99be 20000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
  },
];

const drops = [
  { name: "no bytes", reason: "short", frame: "" },
  { name: "13 bytes", reason: "short", frame: "ffffffffffff 02420a000001 08" },
  { name: "IPv4", reason: "ether-type", frame: "02005e100001 02420a000001 0800 4500" },
  {
    name: "a tagged frame",
    reason: "ether-type",
    frame: "ffffffffffff 02420a000001 8100 0007 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002c8",
  },
  {
    name: "an ARP request to another machine",
    reason: "destination-mac",
    frame: "02005e100002 02420a000001 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002c8",
  },
  {
    name: "an ARP request to a group that is not broadcast",
    reason: "destination-mac",
    frame: "01005e000001 02420a000001 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002c8",
  },
  {
    name: "a cut ARP request",
    reason: "malformed",
    frame: "ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002",
  },
  {
    name: "an ARP reply",
    reason: "not-request",
    frame: "02005e100001 02420a000001 0806 0001 0800 06 04 0002 02420a000001 c0000201 02005e100001 c00002c8",
  },
  {
    name: "an ARP request for an address that is not announced",
    reason: "not-announced",
    frame: "ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002c9",
  },
  {
    name: "an ARP request of ours, reflected",
    reason: "own-frame",
    frame: "ffffffffffff 02005e100001 0806 0001 0800 06 04 0001 02005e100001 c00002c8 000000000000 c00002c8",
  },
  {
    name: "an ARP request of ours under another Ethernet source",
    reason: "own-frame",
    frame: "ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 02005e100001 c0000201 000000000000 c00002c8",
  },
  {
    name: "a gratuitous ARP request of the next owner",
    reason: "gratuitous",
    frame: "ffffffffffff 02005e100002 0806 0001 0800 06 04 0001 02005e100002 c00002c8 000000000000 c00002c8",
  },
  {
    name: "an ARP request whose answer would go to everybody",
    reason: "sender",
    frame: "ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 ffffffffffff c0000201 000000000000 c00002c8",
  },
  {
    name: "an ARP request of nobody",
    reason: "sender",
    frame: "ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 000000000000 c0000201 000000000000 c00002c8",
  },
  {
    name: "a solicitation to another machine",
    reason: "destination-mac",
    frame: `02005e100002 02420a000001 86dd
      60000000 0018 3a ff fe8000000000000000420afffe000001 20010db8000000000000000000c0ffee
      87 00 1419 00000000 20010db8000000000000000000c0ffee`,
  },
  {
    name: "a solicitation by broadcast",
    reason: "destination-mac",
    frame: `ffffffffffff 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3681 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
  },
  {
    name: "a cut solicitation",
    reason: "malformed",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3681 00000000 20010db8000000000000000000c0ffee 01 01 02420a0000`,
  },
  {
    name: "UDP",
    reason: "not-solicitation",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0008 11 ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      1234 5678 0008 0000`,
  },
  {
    name: "three bytes of ICMPv6",
    reason: "malformed",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0003 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 36`,
  },
  {
    name: "an advertisement",
    reason: "not-solicitation",
    frame: `333300000001 02420a000001 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee ff020000000000000000000000000001
      88 00 99be 20000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
  },
  {
    name: "a wrong checksum",
    reason: "checksum",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3680 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
  },
  {
    name: "a solicitation that came through a router",
    reason: "hop-limit",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a fe fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3681 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
  },
  {
    name: "code 1",
    reason: "malformed",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 01 3680 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
  },
  {
    name: "an option of length 0",
    reason: "malformed",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3682 00000000 20010db8000000000000000000c0ffee 01 00 02420a000001`,
  },
  {
    name: "a group as target",
    reason: "malformed",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 6635 00000000 ff0200000000000000000001ffc0ffee 01 01 02420a000001`,
  },
  {
    name: "a solicitation for an address that is not announced",
    reason: "not-announced",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3680 00000000 20010db8000000000000000000c0ffef 01 01 02420a000001`,
  },
  {
    name: "a solicitation of ours, reflected",
    reason: "own-frame",
    frame: `3333ffc0ffee 02005e100001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3681 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
  },
  {
    name: "a solicitation of ours under another Ethernet source",
    reason: "own-frame",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 e2b2 00000000 20010db8000000000000000000c0ffee 01 01 02005e100001`,
  },
  {
    name: "a solicitation whose answer would go to a group",
    reason: "sender",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 0e92 00000000 20010db8000000000000000000c0ffee 01 01 3333000000ff`,
  },
  {
    name: "a solicitation from a group",
    reason: "sender",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff ff020000000000000000000000000001 ff0200000000000000000001ffc0ffee
      87 00 3f41 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
  },
  {
    name: "duplicate address detection with a source link-layer option",
    reason: "malformed",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff 00000000000000000000000000000000 ff0200000000000000000001ffc0ffee
      87 00 3e45 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
  },
  {
    name: "duplicate address detection that is not sent to the solicited-node group",
    reason: "malformed",
    frame: `02005e100001 02420a000001 86dd
      60000000 0018 3a ff 00000000000000000000000000000000 20010db8000000000000000000c0ffee
      87 00 1bdd 00000000 20010db8000000000000000000c0ffee`,
  },
];

describe("answer()", () => {
  it.each(replies)("answers $name", ({ frame, reply }) => {
    const answered = answer(hex(frame), responder);
    expect(answered).toMatchObject({ kind: "reply", frame: hex(reply) });
    const ip = answered.kind === "reply" ? printIp(answered.ip) : "";
    expect(ip).toBe(reply.includes("0806") ? "192.0.2.200" : "2001:db8::c0:ffee");
  });

  it.each(replies)("F names the host that asked: $name", ({ name, frame }) => {
    const answered = answer(hex(frame), responder);
    const asker = answered.kind === "reply" ? printIp(answered.asker) : "";
    const isArp = name.includes("ARP");
    const isWithout = /probe|detection/.test(name);
    expect(asker).toBe(isWithout ? (isArp ? "0.0.0.0" : "::") : isArp ? "192.0.2.1" : "fe80::42:aff:fe00:1");
  });

  it.each(drops)("drops $name: $reason", ({ frame, reason }) => {
    expect(answer(hex(frame), responder)).toMatchObject({ kind: "drop", reason });
  });

  it("has a case here for every drop reason", () => {
    expect(new Set(drops.map(({ reason }) => reason))).toEqual(new Set(dropReasons));
  });

  it("answers nothing once the address is withdrawn", () => {
    for (const { frame } of replies) {
      const withdrawn = answer(hex(frame), { ...responder, isAnnounced: () => false });
      expect(withdrawn).toEqual({ kind: "drop", reason: "not-announced" });
    }
  });

  it("does not change the frame it reads", () => {
    for (const { frame } of replies) {
      const bytes = hex(frame);
      answer(bytes, responder);
      expect(bytes).toEqual(hex(frame));
    }
  });

  it("never throws, never answers to itself or to a group but for duplicate address detection", () => {
    const frames = [...replies, ...drops].map(({ frame }) => hex(frame)).filter(({ length }) => length > 14);
    const changed = fc
      .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 }), fc.nat(90))
      .map(([frame, changes, cut]) => {
        const bytes = Uint8Array.from(frame);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        return cut > 45 ? bytes : bytes.subarray(0, Math.max(0, bytes.length - cut));
      });
    let answered = 0;
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 90 })), (frame) => {
        const result = answer(frame, responder);
        if (result.kind === "drop") {
          expect(dropReasons).toContain(result.reason);
          return;
        }
        answered++;
        const destination = Buffer.from(result.frame.subarray(0, 6)).toString("hex");
        expect(destination).not.toBe("02005e100001");
        expect((Number.parseInt(destination.slice(0, 2), 16) & 1) === 0 || destination === "333300000001").toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(answered).toBeGreaterThan(30);
  });
});
