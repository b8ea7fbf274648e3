import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { announcementFrames } from "#src/layer2/announcement-frames.ts";
import { answer } from "#src/layer2/answer.ts";
import { hex } from "#test/wire/hex.ts";

const mac = hex("02005e100001");
const vip4 = parseIp("192.0.2.200") ?? expect.fail("an address");
const vip6 = parseIp("2001:db8::c0:ffee") ?? expect.fail("an address");

describe("announcementFrames()", () => {
  it("are both forms of gratuitous ARP for IPv4: request without target, reply with our MAC as target", () => {
    expect(announcementFrames(vip4, mac)).toEqual([
      hex(`ffffffffffff 02005e100001 0806
        0001 0800 06 04 0001  02005e100001 c00002c8  000000000000 c00002c8`),
      hex(`ffffffffffff 02005e100001 0806
        0001 0800 06 04 0002  02005e100001 c00002c8  02005e100001 c00002c8`),
    ]);
  });

  // To all nodes, routers among them: so it is also what RFC 9131 section 6.1.1 has a new address announced by to routers.
  it("F are one unsolicited neighbor advertisement with override for IPv6: R=0 S=0 O=1, hop limit 255", () => {
    expect(announcementFrames(vip6, mac)).toEqual([
      hex(`333300000001 02005e100001 86dd
        60000000 0020 3a ff 20010db8000000000000000000c0ffee ff020000000000000000000000000001
        88 00 99be 20000000 20010db8000000000000000000c0ffee 02 01 02005e100001`),
    ]);
  });

  it("are answered by nobody: not by us, not by another speaker that still has the address", () => {
    for (const frame of [vip4, vip6].flatMap((ip) => announcementFrames(ip, mac))) {
      for (const responder of [mac, hex("02005e100002")]) {
        expect(answer(frame, { mac: responder, isAnnounced: () => true }).kind).toBe("drop");
      }
    }
  });
});
