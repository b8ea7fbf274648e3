import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { announcementFrames } from "#src/layer2/announcement-frames.ts";
import { readClaim } from "#src/layer2/read-claim.ts";
import { hex } from "#test/wire/hex.ts";

const OWN = hex("02005e100001");
const OTHER = hex("02005e100099");

const claims = [
  {
    name: "a gratuitous ARP request",
    frame: `ffffffffffff 02005e100099 0806
      0001 0800 06 04 0001  02005e100099 c00002c8  000000000000 c00002c8`,
  },
  {
    name: "an ARP request for another address (a host with the same address looks for its gateway)",
    frame: `ffffffffffff 02005e100099 0806
      0001 0800 06 04 0001  02005e100099 c00002c8  000000000000 c0000201`,
  },
  {
    name: "an ARP reply to a probe of ours",
    frame: `02005e100001 02005e100099 0806
      0001 0800 06 04 0002  02005e100099 c00002c8  02005e100001 00000000`,
  },
  {
    name: "a gratuitous ARP reply",
    frame: `ffffffffffff 02005e100099 0806
      0001 0800 06 04 0002  02005e100099 c00002c8  ffffffffffff c00002c8`,
  },
  {
    name: "an ARP reply that a bridge sent on under its own Ethernet address",
    frame: `02005e100001 0242ffffffff 0806
      0001 0800 06 04 0002  02005e100099 c00002c8  02005e100001 00000000`,
  },
  {
    name: "an unsolicited neighbor advertisement to all nodes",
    frame: `333300000001 02005e100099 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee ff020000000000000000000000000001
      88 00 9926 20000000 20010db8000000000000000000c0ffee 02 01 02005e100099`,
  },
  {
    name: "an unsolicited neighbor advertisement without an option: the sender of the frame",
    frame: `333300000001 02005e100099 86dd
      60000000 0018 3a ff 20010db8000000000000000000c0ffee ff020000000000000000000000000001
      88 00 fbd8 20000000 20010db8000000000000000000c0ffee`,
  },
];

const nothing = [
  { name: "no bytes", frame: "" },
  { name: "IPv4", frame: "02005e100001 02420a000001 0800 4500" },
  {
    name: "an ARP probe, which claims nothing yet",
    frame: `ffffffffffff 02005e100099 0806
      0001 0800 06 04 0001  02005e100099 00000000  000000000000 c00002c8`,
  },
  {
    name: "a frame of ours, reflected",
    frame: `ffffffffffff 02005e100001 0806
      0001 0800 06 04 0001  02005e100001 c00002c8  000000000000 c00002c8`,
  },
  {
    name: "a frame of ours under another Ethernet source",
    frame: `ffffffffffff 0242ffffffff 0806
      0001 0800 06 04 0001  02005e100001 c00002c8  000000000000 c00002c8`,
  },
  {
    name: "a cut ARP packet",
    frame: "ffffffffffff 02005e100099 0806 0001 0800 06 04 0001  02005e100099 c00002c8  000000000000 c00002",
  },
  {
    name: "a claim of all machines",
    frame: `ffffffffffff 02005e100099 0806
      0001 0800 06 04 0001  ffffffffffff c00002c8  000000000000 c00002c8`,
  },
  {
    name: "a neighbor solicitation",
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3681 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
  },
  {
    name: "an advertisement that came through a router",
    frame: `333300000001 02005e100099 86dd
      60000000 0020 3a fe 20010db8000000000000000000c0ffee ff020000000000000000000000000001
      88 00 9926 20000000 20010db8000000000000000000c0ffee 02 01 02005e100099`,
  },
  {
    name: "an advertisement with a wrong checksum",
    frame: `333300000001 02005e100099 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee ff020000000000000000000000000001
      88 00 9925 20000000 20010db8000000000000000000c0ffee 02 01 02005e100099`,
  },
  {
    name: "a solicited advertisement to a group (RFC 4861 section 7.1.2)",
    frame: `333300000001 02005e100099 86dd
      60000000 0020 3a ff 20010db8000000000000000000c0ffee ff020000000000000000000000000001
      88 00 5926 60000000 20010db8000000000000000000c0ffee 02 01 02005e100099`,
  },
];

describe("readClaim()", () => {
  it.each(claims)("G reads $name", ({ frame }) => {
    const ip = parseIp(frame.includes("0806") ? "192.0.2.200" : "2001:db8::c0:ffee");
    expect(readClaim(hex(frame), OWN)).toEqual({ ip, mac: OTHER });
  });

  it.each(nothing)("G finds none in $name", ({ frame }) => {
    expect(readClaim(hex(frame), OWN)).toBeUndefined();
  });

  it.each(["192.0.2.200", "2001:db8::c0:ffee"])("G reads what another speaker announces: %s", (text) => {
    const ip = parseIp(text) ?? expect.fail(text);
    for (const frame of announcementFrames(ip, OTHER)) expect(readClaim(frame, OWN)).toEqual({ ip, mac: OTHER });
  });

  it("G never throws, and never names a group, no machine or this one", () => {
    const frames = [...claims, ...nothing].map(({ frame }) => hex(frame)).filter(({ length }) => length > 14);
    const changed = fc
      .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 }))
      .map(([frame, changes]) => {
        const bytes = Uint8Array.from(frame);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        return bytes;
      });
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 90 })), (frame) => {
        const claim = readClaim(frame, OWN);
        if (claim === undefined) return;
        read++;
        expect((claim.mac[0] ?? 1) & 1).toBe(0);
        expect(claim.mac.some((byte) => byte !== 0)).toBe(true);
        expect(claim.mac).not.toEqual(OWN);
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(30);
  });
});
