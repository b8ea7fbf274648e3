import { describe, expect, it } from "vitest";
import { captureFilter } from "#src/layer2/capture-filter.ts";
import { checkFilter, runFilter } from "./bpf-machine.ts";
import { advertisement, arpFrame, ipOf, nodeMac, solicitation } from "./neighbor-frames.ts";

const VIP = "192.0.2.200";
const VIP6 = "2001:db8::c0:ffee";
const OTHER6 = "2001:db8::c1:ffee";

const kept = [
  { name: "a request for it", ip: VIP, frame: arpFrame("request", { from: "192.0.2.1", to: VIP }) },
  { name: "a reply of its owner", ip: VIP, frame: arpFrame("reply", { from: VIP, to: "192.0.2.1", mac: nodeMac }) },
  { name: "a request of its owner", ip: VIP, frame: arpFrame("request", { from: VIP, to: "192.0.2.9" }) },
  { name: "a probe", ip: VIP, frame: arpFrame("request", { from: "0.0.0.0", to: VIP }) },
  { name: "a solicitation for it", ip: VIP6, frame: solicitation(VIP6) },
  { name: "duplicate address detection", ip: VIP6, frame: solicitation(VIP6, "::") },
  { name: "an advertisement for it", ip: VIP6, frame: advertisement(VIP6, "fe80::1") },
  { name: "an unasked advertisement", ip: VIP6, frame: advertisement(VIP6) },
];

function changed(frame: Uint8Array, at: number, value: number): Uint8Array {
  return frame.with(at, value);
}

const [request] = kept;
const asks = request?.frame ?? expect.fail();
const asks6 = solicitation(VIP6);

describe("captureFilter()", () => {
  it.each(kept)("J keeps $name whole, received or sent", ({ ip, frame }) => {
    const filter = captureFilter(ipOf(ip));
    expect(checkFilter(filter)).toBeLessThan(40);
    const keeps = [0, 1, 2, 3, 4].map((packetType) => runFilter(filter, frame, { packetType }).keeps);
    expect(keeps).toEqual([frame.length, frame.length, frame.length, 0, frame.length]);
    expect(runFilter(filter, frame, { hasTag: true }).keeps).toBe(0);
  });

  it("J cuts the padding of ARP off, in which a sender may leak what it had in memory", () => {
    const padded = Uint8Array.of(...asks, ...new Uint8Array(18).fill(0xaa));
    expect(runFilter(captureFilter(ipOf(VIP)), padded).keeps).toBe(42);
  });

  it.each([
    { name: "ARP between others", ip: VIP, frame: arpFrame("request", { from: "192.0.2.1", to: "192.0.2.201" }) },
    { name: "IPv4", ip: VIP, frame: changed(changed(asks, 12, 0x08), 13, 0x00) },
    { name: "the other family", ip: VIP6, frame: asks },
    { name: "NDP for another address", ip: VIP6, frame: solicitation(OTHER6) },
    { name: "a router advertisement", ip: VIP6, frame: changed(asks6, 54, 134) },
    { name: "a redirect", ip: VIP6, frame: changed(asks6, 54, 137) },
    { name: "TCP at the same place", ip: VIP6, frame: changed(asks6, 20, 6) },
    { name: "a frame that ends before the target", ip: VIP6, frame: asks6.subarray(0, 77) },
    { name: "an empty frame", ip: VIP, frame: new Uint8Array(0) },
  ])("J drops $name", ({ ip, frame }) => {
    expect(runFilter(captureFilter(ipOf(ip)), frame).keeps).toBe(0);
  });

  it("J decides by each bit of the address", () => {
    for (const [ip, bits] of [
      [VIP, 32],
      [VIP6, 128],
    ] as const) {
      const { family, value } = ipOf(ip);
      const frame = family === "ipv4" ? asks : asks6;
      for (let bit = 0; bit < bits; bit++)
        expect(runFilter(captureFilter({ family, value: value ^ (1n << BigInt(bit)) }), frame).keeps).toBe(0);
    }
  });
});
