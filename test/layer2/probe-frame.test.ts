import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { answer } from "#src/layer2/answer.ts";
import { probeFrame } from "#src/layer2/probe-frame.ts";
import { readClaim } from "#src/layer2/read-claim.ts";
import { hex } from "#test/wire/hex.ts";

const mac = hex("02005e100001");

const probes = [
  {
    name: "ARP: from 0.0.0.0 by broadcast (RFC 5227 section 2.1.1)",
    ip: "192.0.2.200",
    frame: `ffffffffffff 02005e100001 0806
      0001 0800 06 04 0001  02005e100001 00000000  000000000000 c00002c8`,
  },
  {
    name: "NDP: from ::, without an option, to the solicited-node group (RFC 4862 section 5.4.2)",
    ip: "2001:db8::c0:ffee",
    frame: `3333ffc0ffee 02005e100001 86dd
      60000000 0018 3a ff 00000000000000000000000000000000 ff0200000000000000000001ffc0ffee
      87 00 4b91 00000000 20010db8000000000000000000c0ffee`,
  },
];

describe("probeFrame()", () => {
  it.each(probes)("G $name", ({ ip, frame }) => {
    expect(probeFrame(parseIp(ip) ?? expect.fail(ip), mac)).toEqual(hex(frame));
  });

  it.each(probes)(
    "G claims nothing, and is answered by another speaker, whose answer is a claim: $ip",
    ({ ip, frame }) => {
      const other = { mac: hex("02005e100002"), isAnnounced: () => true };
      expect(readClaim(hex(frame), other.mac)).toBeUndefined();
      const reply = answer(hex(frame), other);
      const claim = reply.kind === "reply" ? readClaim(reply.frame, mac) : undefined;
      expect(claim).toEqual({ ip: parseIp(ip), mac: other.mac });
    },
  );
});
