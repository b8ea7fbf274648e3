import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printIp } from "#src/ip/address.ts";
import { readVirtualRouter } from "#src/layer2/read-virtual-router.ts";
import { VRRP_GROUP_MAC, virtualRouterFilter } from "#src/layer2/virtual-router-filter.ts";
import { encodeEthernet } from "#src/wire/ethernet.ts";
import { printMac } from "#src/wire/mac.ts";
import { IPV4_ENDS, KEEPALIVED, PLAIN_VERSION3 } from "#test/wire/virtual-router-packets.ts";
import { hex } from "#test/wire/hex.ts";
import { checkFilter, runFilter } from "./bpf-machine.ts";
import { ipv4Router, ipv6Router, RECORDED, summedFor } from "./virtual-router-frames.ts";

const OWN_MAC = hex("02005e100001");
const MULTICAST = { packetType: 2 };
const filterOf = { ipv4: virtualRouterFilter("ipv4"), ipv6: virtualRouterFilter("ipv6") };

const VALID = [
  ["keepalived, version 2", "ipv4", RECORDED.version2, "vrrp 51, priority 150, of 192.0.2.1: 192.0.2.200 192.0.2.201"],
  ["keepalived, version 3", "ipv4", RECORDED.version3, "vrrp 51, priority 150, of 192.0.2.1: 192.0.2.200"],
  ["keepalived with a virtual MAC", "ipv4", RECORDED.virtualMac, "vrrp 51, priority 150, of 192.0.2.1: 192.0.2.200"],
  [
    "keepalived over IPv6",
    "ipv6",
    RECORDED.ipv6,
    "vrrp 51, priority 150, of fe80::ff:fe00:1: fe80::5e00:5301 2001:db8::c0:ffee",
  ],
  ["ucarp", "ipv4", RECORDED.carp, "carp 51, priority undefined, of 192.0.2.1: "],
] as const;

const INVALID = [
  ["a hop less", "ipv4", ipv4Router(KEEPALIVED.version3, { timeToLive: 254 })],
  ["another protocol", "ipv4", ipv4Router(KEEPALIVED.version3, { protocol: 51 })],
  ["another group", "ipv4", ipv4Router(KEEPALIVED.version3, { destination: "224.0.0.5" })],
  ["a hop less over IPv6", "ipv6", ipv6Router(KEEPALIVED.ipv6, { hopLimit: 254 })],
  ["another protocol over IPv6", "ipv6", ipv6Router(KEEPALIVED.ipv6, { nextHeader: 51 })],
  ["another group over IPv6", "ipv6", ipv6Router(KEEPALIVED.ipv6, { destination: "ff02::13" })],
] as const;

describe("virtualRouterFilter() and readVirtualRouter()", () => {
  it.each(VALID)("keep and read a frame of %s", (_, family, frame, said) => {
    checkFilter(filterOf[family]);
    expect(runFilter(filterOf[family], frame, MULTICAST).keeps).toBe(frame.length);
    const read = readVirtualRouter(frame, OWN_MAC) ?? expect.fail("it is one");
    const { protocol, id, priority, source, mac, addresses } = read;
    const head = `${protocol} ${id}, priority ${priority}, of ${printIp(source)}`;
    expect(`${head}: ${addresses.map(printIp).join(" ")}`).toBe(said);
    expect(mac).toEqual(frame.subarray(6, 12));
  });

  it.each(INVALID)("drop and do not read a frame with %s", (_, family, frame) => {
    expect(runFilter(filterOf[family], frame, MULTICAST).keeps).toBe(0);
    expect(readVirtualRouter(frame, OWN_MAC)).toBeUndefined();
  });

  it("keep only what came to a group: all else is dropped in three steps", () => {
    for (const packetType of [0, 1, 3, 4])
      expect(runFilter(filterOf.ipv4, RECORDED.version3, { packetType })).toEqual({ keeps: 0, steps: 3 });
  });

  it("do not read a frame of their own machine, one from a group, or one with options", () => {
    expect(readVirtualRouter(RECORDED.version3, RECORDED.version3.subarray(6, 12))).toBeUndefined();
    const fromGroup = ipv4Router(KEEPALIVED.version3, { mac: "01005e000012" });
    expect(readVirtualRouter(fromGroup, OWN_MAC)).toBeUndefined();
    const withOptions = Uint8Array.from(RECORDED.version3, (byte, at) => (at === 14 ? 0x46 : byte));
    expect(runFilter(filterOf.ipv4, withOptions, MULTICAST).keeps).toBe(0);
    expect(readVirtualRouter(withOptions, OWN_MAC)).toBeUndefined();
  });

  it.each(["0.0.0.0", "127.0.0.1", "224.0.0.18", "255.255.255.255"])("do not read what %s sends", (source) =>
    expect(readVirtualRouter(ipv4Router(PLAIN_VERSION3, { source }), OWN_MAC)).toBeUndefined(),
  );

  it("read over IPv6 what a link-local address sends, and nothing of others", () => {
    const pseudo = (source: string) => ipv6Router(summedFor(source), { source });
    expect(readVirtualRouter(pseudo("fe80::7"), OWN_MAC)?.id).toBe(51);
    for (const source of ["2001:db8::7", "::", "ff02::12"])
      expect(readVirtualRouter(pseudo(source), OWN_MAC)).toBeUndefined();
  });

  it("do not read a group of the other family", () => {
    const crossed = encodeEthernet({
      destination: VRRP_GROUP_MAC.ipv4,
      source: hex("020000000001"),
      etherType: 0x86dd,
      payload: RECORDED.version3.subarray(14),
    });
    expect(readVirtualRouter(crossed, OWN_MAC)).toBeUndefined();
  });

  it("read each part of a frame as nothing, and never throw, whatever the bytes", () => {
    for (const frame of Object.values(RECORDED))
      for (let length = 0; length < frame.length; length++)
        expect(readVirtualRouter(frame.subarray(0, length), OWN_MAC)).toBeUndefined();
    const anyChange = fc.tuple(fc.constantFrom(...Object.values(RECORDED)), fc.nat(100), fc.nat(255));
    fc.assert(
      fc.property(anyChange, ([frame, at, byte]) => {
        const changed = Uint8Array.from(frame, (one, index) => (index === at ? byte : one));
        readVirtualRouter(changed, OWN_MAC);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1_600 }), (bytes) => void readVirtualRouter(bytes, OWN_MAC)));
  });

  it("their groups have the Ethernet addresses that the frames go to", () => {
    expect(printMac(VRRP_GROUP_MAC.ipv4)).toBe(printMac(RECORDED.version2.subarray(0, 6)));
    expect(printMac(VRRP_GROUP_MAC.ipv6)).toBe(printMac(RECORDED.ipv6.subarray(0, 6)));
    expect(printIp(IPV4_ENDS.destination)).toBe("224.0.0.18");
  });
});
