import { assert, constantFrom, integer, ipV4, ipV6, property, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConnectionEnds } from "#ingress/io/connection.ts";
import { type ProxyHeader, readProxyHeader } from "#ingress/io/proxy-header.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";
const V4 = "c0000201c633640a";
const V6 = "20010db800000000000000000000000120010db80000000000000000000000ff";
const PORTS = "c35001bb";

/** The bytes of a text, or of hexadecimal digits after `0x`. */
function bytesOf(text: string): Buffer {
  return text.startsWith("0x") ? Buffer.from(text.slice(2), "hex") : Buffer.from(text, "latin1");
}

/** Between whom: written as `address port`, twice. */
const ends = (client: string, asked: string): ConnectionEnds => {
  const [from, to] = [client, asked].map((text) => text.split(" "));
  return {
    client: { address: from![0]!, port: Number(from![1]) },
    asked: { address: to![0]!, port: Number(to![1]) },
  };
};
const OVER_V4 = ends("192.0.2.1 50000", "198.51.100.10 443");
const OVER_V6 = ends("2001:db8::1 50000", "2001:db8::ff 443");

const headers: readonly (readonly [name: string, text: string, ends: ProxyHeader["ends"]])[] = [
  ["1: IPv4", "PROXY TCP4 192.0.2.1 198.51.100.10 50000 443\r\n", OVER_V4],
  ["1: IPv6", "PROXY TCP6 2001:db8::1 2001:db8::ff 50000 443\r\n", OVER_V6],
  ["1: IPv4 in IPv6", "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 80\r\n", ends("192.0.2.1 1", "192.0.2.2 80")],
  [
    "1: ports at their ends",
    "PROXY TCP4 192.0.2.1 198.51.100.10 0 65535\r\n",
    ends("192.0.2.1 0", "198.51.100.10 65535"),
  ],
  ["1: unknown", "PROXY UNKNOWN\r\n", undefined],
  ["1: unknown, with what is ignored", "PROXY UNKNOWN ffff::1 x y z\r\n", undefined],
  ["1: the longest line", `PROXY UNKNOWN ${"x".repeat(91)}\r\n`, undefined],
  ["2: IPv4", `0x${SIGNATURE}2111000c${V4}${PORTS}`, OVER_V4],
  ["2: IPv6", `0x${SIGNATURE}21210024${V6}${PORTS}`, OVER_V6],
  ["2: IPv4 with further values", `0x${SIGNATURE}21110014${V4}${PORTS}0400050102030405`, OVER_V4],
  ["2: local", `0x${SIGNATURE}20000000`, undefined],
  ["2: local with addresses, which are ignored", `0x${SIGNATURE}2011000c${V4}${PORTS}`, undefined],
  ["2: no family", `0x${SIGNATURE}21000000`, undefined],
  ["2: no family, with further values", `0x${SIGNATURE}21000003040000`, undefined],
  ["2: Unix sockets", `0x${SIGNATURE}213100d8${"61".repeat(216)}`, undefined],
];

const malformed: readonly (readonly [name: string, text: string])[] = [
  ["a request", "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n"],
  ["a request whose method begins so", "PROPFIND / HTTP/1.1\r\n\r\n"],
  ["a handshake of TLS", "0x1603010200010001fc0303"],
  ["1: small letters", "proxy TCP4 192.0.2.1 198.51.100.10 1 2\r\n"],
  ["1: no such family", "PROXY TCP5 192.0.2.1 198.51.100.10 1 2\r\n"],
  ["1: UDP", "PROXY UDP4 192.0.2.1 198.51.100.10 1 2\r\n"],
  ["1: no family", "PROXY\r\n"],
  ["1: the other family", "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"],
  ["1: mixed families", "PROXY TCP6 2001:db8::1 192.0.2.1 1 2\r\n"],
  ["1: a name", "PROXY TCP4 localhost 198.51.100.10 1 2\r\n"],
  ["1: a part of an address", "PROXY TCP4 192.0.2 198.51.100.10 1 2\r\n"],
  ["1: a port too high", "PROXY TCP4 192.0.2.1 198.51.100.10 1 65536\r\n"],
  ["1: a port with a zero before it", "PROXY TCP4 192.0.2.1 198.51.100.10 1 080\r\n"],
  ["1: a negative port", "PROXY TCP4 192.0.2.1 198.51.100.10 -1 80\r\n"],
  ["1: a port is missing", "PROXY TCP4 192.0.2.1 198.51.100.10 1\r\n"],
  ["1: more than there should be", "PROXY TCP4 192.0.2.1 198.51.100.10 1 2 3\r\n"],
  ["1: two blanks", "PROXY TCP4  192.0.2.1 198.51.100.10 1 2\r\n"],
  ["1: a tab", "PROXY\tTCP4 192.0.2.1 198.51.100.10 1 2\r\n"],
  ["1: LF alone", "PROXY TCP4 192.0.2.1 198.51.100.10 1 2\n"],
  ["1: too long", `PROXY UNKNOWN ${"x".repeat(92)}\r\n`],
  ["1: too long, without an end", "PROXY UNKNOWN ".padEnd(200, "x")],
  ["2: another signature", `0x${SIGNATURE.replace("51", "52")}2111000c${V4}${PORTS}`],
  ["2: version 1", `0x${SIGNATURE}1111000c${V4}${PORTS}`],
  ["2: version 3", `0x${SIGNATURE}3111000c${V4}${PORTS}`],
  ["2: no such command", `0x${SIGNATURE}2211000c${V4}${PORTS}`],
  ["2: UDP", `0x${SIGNATURE}2112000c${V4}${PORTS}`],
  ["2: no such family", `0x${SIGNATURE}2141000c${V4}${PORTS}`],
  ["2: too short for IPv4", `0x${SIGNATURE}2111000b${V4}${PORTS}`],
  ["2: too short for IPv6", `0x${SIGNATURE}21210023${V6}${PORTS}`],
  ["2: longer than any that is sent", `0x${SIGNATURE}21114000${V4}${PORTS}`],
];

describe("readProxyHeader()", () => {
  it.each(headers)("F reads version %s", (_, text, whose) => {
    const bytes = bytesOf(text);
    expect(readProxyHeader(bytes)).toEqual({ length: bytes.length, ends: whose });
  });

  it.each(headers)("F reads version %s wherever it is cut, and nothing of what follows", (_, text, whose) => {
    const bytes = bytesOf(text);
    for (let end = 0; end < bytes.length; end++) expect(readProxyHeader(bytes.subarray(0, end))).toBe("incomplete");
    for (const after of ["G", "GET / HTTP/1.1\r\n\r\n", "\r\n", text])
      expect(readProxyHeader(Buffer.concat([bytes, Buffer.from(after)]))).toEqual({
        length: bytes.length,
        ends: whose,
      });
  });

  it.each(malformed)("F refuses %s, at the latest when it is whole", (_, text) => {
    const bytes = bytesOf(text);
    const results = Array.from({ length: bytes.length + 1 }, (__, end) => readProxyHeader(bytes.subarray(0, end)));
    expect(results.at(-1)).toBe("malformed");
    // What was refused once stays so, whatever comes.
    const first = results.indexOf("malformed");
    expect(results.slice(0, first).every((one) => one === "incomplete")).toBe(true);
    expect(results.slice(first).every((one) => one === "malformed")).toBe(true);
  });

  it("F reads each address and port in both versions", () => {
    const port = integer({ min: 0, max: 65_535 });
    assert(
      property(constantFrom("4", "6"), tuple(ipV4(), ipV6()), port, (version, [four, six], asked) => {
        const address = version === "4" ? four : six;
        const line = readProxyHeader(Buffer.from(`PROXY TCP${version} ${address} ${address} 1 ${asked}\r\n`));
        // ipV6() also makes forms that are none of an address here, such as with the name of an interface.
        if (typeof line === "string") return;
        expect(line.ends?.asked.port).toBe(asked);
      }),
    );
  });

  it("F takes any bytes", () => {
    const start = constantFrom("", "PROXY ", "PROXY TCP4 ", `0x${SIGNATURE}`, `0x${SIGNATURE}2111`);
    assert(
      property(start, uint8Array({ maxLength: 300 }), (first, bytes) => {
        readProxyHeader(Buffer.concat([bytesOf(first), bytes]));
      }),
    );
  });
});
