import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import { decodeRoute, encodeRouteDumpRequest } from "#src/wire/route-message.ts";
import { hex } from "./hex.ts";

const message = (payload: Uint8Array, type = 24) => ({ type, flags: 2, sequence: 1, portId: 0, payload });

// struct rtmsg, then table, and what the route has.
const TABLE_MAIN = "0800 0f00 fe000000";
const defaultRoute = hex(
  `02 00 00 00 fe 03 00 01 00000000 ${TABLE_MAIN} 0800 0600 64000000 0800 0500 c0000201 0800 0400 02000000`,
);
const connected = hex(
  `02 18 00 00 fe 02 fd 01 00000000 ${TABLE_MAIN} 0800 0100 c0000200 0800 0700 c000020b 0800 0400 02000000`,
);
const multipath = hex(
  `02 00 00 00 fe 03 00 01 00000000 ${TABLE_MAIN} 2400 0900
   1000 00 00 02000000 0800 0500 c0000201
   1000 00 00 03000000 0800 0500 c0000202`,
);
const viaIpv6 = hex(
  `02 00 00 00 fe 03 00 01 00000000 ${TABLE_MAIN} 1600 1200 0a00 20010db8000000000000000000000001 0000 0800 0400 02000000`,
);
const ipv6Default = hex(
  `0a 00 00 00 fe 09 00 01 00000000 ${TABLE_MAIN} 0800 0600 00040000 1400 0500 fe800000000000000000000000000001 0800 0400 02000000`,
);

describe("encodeRouteDumpRequest()", () => {
  it("asks for all unicast routes of a family", () => {
    expect(encodeRouteDumpRequest(9, "ipv6")).toEqual(
      hex("1c000000 1a00 0103 09000000 00000000  0a 00 00 00 00 00 00 01 00000000"),
    );
  });
});

describe("decodeRoute()", () => {
  it.each([
    {
      name: "a default route",
      bytes: defaultRoute,
      route: { destination: "0.0.0.0/0", metric: 100, hops: [["192.0.2.1", 2]] },
    },
    {
      name: "the route of a network",
      bytes: connected,
      route: { destination: "192.0.2.0/24", metric: 0, hops: [["", 2]] },
    },
    {
      name: "several next hops",
      bytes: multipath,
      route: {
        destination: "0.0.0.0/0",
        metric: 0,
        hops: [
          ["192.0.2.1", 2],
          ["192.0.2.2", 3],
        ],
      },
    },
    {
      name: "an IPv6 next hop of an IPv4 route",
      bytes: viaIpv6,
      route: { destination: "0.0.0.0/0", metric: 0, hops: [["2001:db8::1", 2]] },
    },
    {
      name: "an IPv6 default route",
      bytes: ipv6Default,
      route: { destination: "::/0", metric: 1024, hops: [["fe80::1", 2]] },
    },
  ])("reads $name", ({ bytes, route: { destination, metric, hops } }) => {
    expect(decodeRoute(message(bytes))).toEqual({
      destination: parseCidr(destination),
      table: 254,
      metric,
      hops: hops.map(([gateway, interfaceIndex]) => ({ gateway: parseIp(String(gateway)), interfaceIndex })),
    });
  });

  it("reads a table above 255 from its attribute", () => {
    const bytes = Uint8Array.from(connected);
    bytes.set(hex("39300000"), 16);
    expect(decodeRoute(message(bytes))?.table).toBe(12_345);
  });

  const changed = (at: number, value: number): Uint8Array => connected.with(at, value);
  it.each([
    { name: "a local route", bytes: changed(7, 2) },
    { name: "a blackhole", bytes: changed(7, 6) },
    { name: "a route of another family", bytes: changed(0, 28) },
    { name: "a cached copy", bytes: changed(9, 2) },
    { name: "a short message", bytes: connected.subarray(0, 11) },
    { name: "a prefix longer than the family's", bytes: changed(1, 33) },
  ])("is undefined for $name", ({ bytes }) => expect(decodeRoute(message(bytes))).toBeUndefined());

  it("is undefined for other messages", () => expect(decodeRoute(message(connected, 20))).toBeUndefined());

  it("never throws, however the message is cut or changed", () => {
    const payloads = fc.constantFrom(defaultRoute, connected, multipath, viaIpv6, ipv6Default);
    fc.assert(
      fc.property(payloads, fc.nat(100), fc.nat(100), fc.nat(255), (payload, end, at, value) => {
        const bytes = Uint8Array.from(payload.subarray(0, end));
        if (at < bytes.length) bytes[at] = value;
        decodeRoute(message(bytes));
      }),
    );
  });
});
