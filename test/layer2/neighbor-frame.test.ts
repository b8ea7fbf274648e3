import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printIp } from "#src/ip/address.ts";
import { isAboutAddress, readNeighborFrame } from "#src/layer2/neighbor-frame.ts";
import { advertisement, arpFrame, ipOf, nodeMac, solicitation } from "./neighbor-frames.ts";

const VIP = "192.0.2.200";
const VIP6 = "2001:db8::c0:ffee";
const CLIENT = "02:42:0a:00:00:01";
const NODE = "02:00:5e:10:00:01";

/** A frame in short: who says what to whom. */
function said(frame: Uint8Array): string | undefined {
  const read = readNeighborFrame(frame);
  if (read === undefined) return undefined;
  const { protocol, operation, mac, sender, target, destination, isUnasked, lengthBytes } = read;
  const ips = [sender, target, destination].map(printIp).join(" ");
  return `${protocol} ${operation} ${mac} ${ips} ${isUnasked ? "unasked " : ""}${lengthBytes}`;
}

const padding = new Uint8Array(18).fill(0xaa);

describe("readNeighborFrame()", () => {
  it.each([
    {
      name: "a request",
      frame: arpFrame("request", { from: "192.0.2.1", to: VIP }),
      says: `arp question ${CLIENT} 192.0.2.1 ${VIP} ${VIP} 42`,
    },
    {
      name: "a reply with padding",
      frame: Uint8Array.of(...arpFrame("reply", { from: VIP, to: "192.0.2.1", mac: nodeMac }), ...padding),
      says: `arp answer ${NODE} ${VIP} 192.0.2.1 192.0.2.1 42`,
    },
    {
      name: "gratuitous ARP",
      frame: arpFrame("request", { from: VIP, to: VIP, mac: nodeMac }),
      says: `arp question ${NODE} ${VIP} ${VIP} ${VIP} unasked 42`,
    },
    {
      name: "a solicitation",
      frame: solicitation(VIP6),
      says: `ndp question ${CLIENT} fe80::1 ${VIP6} ff02::1:ffc0:ffee 86`,
    },
    {
      name: "duplicate address detection, with padding",
      frame: Uint8Array.of(...solicitation(VIP6, "::"), ...padding),
      says: `ndp question ${CLIENT} :: ${VIP6} ff02::1:ffc0:ffee 78`,
    },
    {
      name: "an advertisement",
      frame: advertisement(VIP6, "fe80::1"),
      says: `ndp answer ${NODE} ${VIP6} ${VIP6} fe80::1 86`,
    },
    {
      name: "an unasked advertisement",
      frame: advertisement(VIP6),
      says: `ndp answer ${NODE} ${VIP6} ${VIP6} ff02::1 unasked 86`,
    },
  ])("J reads $name", ({ frame, says }) => expect(said(frame)).toBe(says));

  it("J reads nothing of a frame that is cut, at any byte", () => {
    for (const frame of [arpFrame("request", { from: "192.0.2.1", to: VIP }), solicitation(VIP6), advertisement(VIP6)])
      for (let length = 0; length < frame.length; length++) expect(said(frame.subarray(0, length))).toBe(undefined);
  });

  it("J never throws, and says no more bytes than there are", () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc
        .tuple(fc.constantFrom(solicitation(VIP6), advertisement(VIP6)), fc.nat(85), fc.nat(255))
        .map(([bytes, at, value]) => bytes.with(at, value)),
    );
    fc.assert(
      fc.property(frame, (bytes) => {
        expect(readNeighborFrame(bytes)?.lengthBytes ?? 0).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

describe("isAboutAddress()", () => {
  it.each([
    { name: "asked for", frame: arpFrame("request", { from: "192.0.2.1", to: VIP }), ip: VIP, is: true },
    { name: "the sender of ARP", frame: arpFrame("reply", { from: VIP, to: "192.0.2.1" }), ip: VIP, is: true },
    { name: "another one", frame: arpFrame("request", { from: "192.0.2.1", to: "192.0.2.2" }), ip: VIP, is: false },
    { name: "the target of NDP", frame: advertisement(VIP6), ip: VIP6, is: true },
    { name: "who asks by NDP for another one", frame: solicitation(VIP6, "2001:db8::1"), ip: "2001:db8::1", is: false },
  ])("J $is for an address that is $name", ({ frame, ip, is }) => {
    expect(isAboutAddress(readNeighborFrame(frame) ?? expect.fail(), ipOf(ip))).toBe(is);
  });
});
