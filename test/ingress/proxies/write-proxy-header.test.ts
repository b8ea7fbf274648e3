import { assert, constantFrom, integer, property, record, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConnectionEnds } from "#ingress/io/connection.ts";
import { readProxyHeader } from "#ingress/io/proxy-header.ts";
import { writeProxyHeader } from "#ingress/io/write-proxy-header.ts";
import type { ProxyVersion } from "#src/model/annotations/proxy-protocol.ts";
import { ipFromBytes, printIp } from "#src/ip/address.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";
const MAPPED = "00000000000000000000ffff";
/** 2001:db8::1 and 2001:db8::ff. */
const [V6_1, V6_FF] = ["20010db8000000000000000000000001", "20010db80000000000000000000000ff"];

function endsOf(client: string, asked: string, ports = [50_000, 443]): ConnectionEnds {
  return { client: { address: client, port: ports[0]! }, asked: { address: asked, port: ports[1]! } };
}

const headers: readonly (readonly [name: string, ends: ConnectionEnds, line: string, bytes: string])[] = [
  [
    "IPv4",
    endsOf("192.0.2.1", "198.51.100.10"),
    "PROXY TCP4 192.0.2.1 198.51.100.10 50000 443\r\n",
    `${SIGNATURE} 21 11 000c c0000201 c633640a c350 01bb`,
  ],
  [
    "IPv6",
    endsOf("2001:db8::1", "2001:db8::ff"),
    "PROXY TCP6 2001:db8::1 2001:db8::ff 50000 443\r\n",
    `${SIGNATURE} 21 21 0024 ${V6_1} ${V6_FF} c350 01bb`,
  ],
  [
    "a client by IPv4 of an address of IPv6",
    endsOf("192.0.2.1", "2001:db8::ff"),
    "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::ff 50000 443\r\n",
    `${SIGNATURE} 21 21 0024 ${MAPPED}c0000201 ${V6_FF} c350 01bb`,
  ],
  [
    "a client by IPv6 of an address of IPv4",
    endsOf("2001:db8::1", "198.51.100.10"),
    "PROXY TCP6 2001:db8::1 ::ffff:198.51.100.10 50000 443\r\n",
    `${SIGNATURE} 21 21 0024 ${V6_1} ${MAPPED}c633640a c350 01bb`,
  ],
  [
    "a link-local client, without the name of its interface",
    endsOf("fe80::1%eth0", "fe80::2"),
    "PROXY TCP6 fe80::1 fe80::2 50000 443\r\n",
    `${SIGNATURE} 21 21 0024 fe800000000000000000000000000001 fe800000000000000000000000000002 c350 01bb`,
  ],
  [
    "an address that is gone",
    endsOf("192.0.2.1", "", [0, 0]),
    "PROXY TCP4 192.0.2.1 0.0.0.0 0 0\r\n",
    `${SIGNATURE} 21 11 000c c0000201 00000000 0000 0000`,
  ],
];

describe("writeProxyHeader()", () => {
  it.each(headers)("F writes version 1: %s", (_, ends, line) => {
    expect(writeProxyHeader(1, ends).toString("latin1")).toBe(line);
  });

  it.each(headers)("F writes version 2: %s", (_, ends, __, bytes) => {
    expect(writeProxyHeader(2, ends).toString("hex")).toBe(bytes.replaceAll(" ", ""));
  });

  it("F writes what the reader reads, of all addresses, ports and versions, within the length of version 1", () => {
    const address = constantFrom(4, 16).chain((length) =>
      uint8Array({ minLength: length, maxLength: length }).map((bytes) => printIp(ipFromBytes(bytes))),
    );
    const end = record({ address, port: integer({ min: 0, max: 65_535 }) });
    assert(
      property(constantFrom<ProxyVersion>(1, 2), tuple(end, end), (version, [client, asked]) => {
        const bytes = writeProxyHeader(version, { client, asked });
        expect(bytes.length).toBeLessThanOrEqual(107);
        expect(readProxyHeader(bytes)).toEqual({ length: bytes.length, ends: { client, asked } });
      }),
    );
  });
});
