import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { answer } from "#src/layer2/answer.ts";
import { questionFrame } from "#src/layer2/question-frame.ts";
import { readClaim } from "#src/layer2/read-claim.ts";
import { hex } from "#test/wire/hex.ts";

const mac = hex("02420a000001");
const linkLocal = parseIp("fe80::42:aff:fe00:1");

const questions = [
  {
    name: "ARP: a probe, which changes no table",
    ip: "192.0.2.200",
    linkLocal,
    frame: `ffffffffffff 02420a000001 0806
      0001 0800 06 04 0001  02420a000001 00000000  000000000000 c00002c8`,
    answeredTo: "02420a000001",
  },
  {
    name: "NDP: a solicitation from the link-local address",
    ip: "2001:db8::c0:ffee",
    linkLocal,
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0020 3a ff fe8000000000000000420afffe000001 ff0200000000000000000001ffc0ffee
      87 00 3681 00000000 20010db8000000000000000000c0ffee 01 01 02420a000001`,
    answeredTo: "02420a000001",
  },
  {
    name: "NDP without a link-local address: duplicate address detection",
    ip: "2001:db8::c0:ffee",
    linkLocal: undefined,
    frame: `3333ffc0ffee 02420a000001 86dd
      60000000 0018 3a ff 00000000000000000000000000000000 ff0200000000000000000001ffc0ffee
      87 00 4b91 00000000 20010db8000000000000000000c0ffee`,
    answeredTo: "333300000001",
  },
];

describe("questionFrame()", () => {
  it.each(questions)("H $name", ({ ip: text, frame, answeredTo, linkLocal: from }) => {
    const ip = parseIp(text) ?? expect.fail(text);
    expect(questionFrame(ip, { mac, linkLocal: from })).toEqual(hex(frame));
    const owner = { mac: hex("02005e100002"), isAnnounced: () => true };
    const reply = answer(hex(frame), owner);
    if (reply.kind !== "reply") expect.fail(reply.reason);
    expect(reply.frame.subarray(0, 6)).toEqual(hex(answeredTo));
    expect(reply.askerMac).toEqual(mac);
    expect(readClaim(reply.frame, mac)).toEqual({ ip, mac: owner.mac });
  });
});
