import { isIP, SocketAddress } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareIps, equalIps, type Ip, ipFromBytes, ipToBytes, parseIp, printIp } from "#src/ip/address.ts";

const anyIpv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipFromBytes);
/** Zero groups are frequent, so that runs of them of all lengths and places occur. */
const anyIpv6 = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => ipFromBytes(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))));
const anyIp = fc.oneof(anyIpv4, anyIpv6);

function isMapped({ family, value }: Ip): boolean {
  return family === "ipv6" && value >> 32n === 0xffffn;
}

describe("parseIp()", () => {
  it.each([
    { name: "an IPv4 address", text: "192.0.2.1", printed: "192.0.2.1" },
    { name: "the lowest IPv4 address", text: "0.0.0.0", printed: "0.0.0.0" },
    { name: "the highest IPv4 address", text: "255.255.255.255", printed: "255.255.255.255" },
    { name: "all groups of an IPv6 address", text: "2001:db8:1:2:3:4:5:6", printed: "2001:db8:1:2:3:4:5:6" },
    { name: "leading zeros in a group (RFC 5952 4.1)", text: "2001:0db8::0001", printed: "2001:db8::1" },
    { name: "zeros that could be shorter (RFC 5952 4.2.1)", text: "2001:db8:0:0:0:0:2:1", printed: "2001:db8::2:1" },
    { name: "a single zero group (RFC 5952 4.2.2)", text: "2001:db8::1:1:1:1:1", printed: "2001:db8:0:1:1:1:1:1" },
    { name: "the longer of two runs (RFC 5952 4.2.3)", text: "2001:0:0:1:0:0:0:1", printed: "2001:0:0:1::1" },
    { name: "the first of equal runs (RFC 5952 4.2.3)", text: "2001:db8:0:0:1:0:0:1", printed: "2001:db8::1:0:0:1" },
    { name: "upper case (RFC 5952 4.3)", text: "2001:DB8::AAAA", printed: "2001:db8::aaaa" },
    { name: "the unspecified address", text: "::", printed: "::" },
    { name: "the loopback address", text: "0:0:0:0:0:0:0:1", printed: "::1" },
    { name: "a run at the end", text: "fe80:0:0:0:0:0:0:0", printed: "fe80::" },
    { name: "dotted decimal at the end", text: "64:ff9b::192.0.2.33", printed: "64:ff9b::c000:221" },
  ])("reads $name", ({ text, printed }) => {
    const ip = parseIp(text) ?? expect.fail("an address");
    expect(printIp(ip)).toBe(printed);
    expect(ip.family).toBe(text.includes(":") ? "ipv6" : "ipv4");
  });

  it.each([
    { name: "an empty text", text: "" },
    { name: "three octets", text: "192.0.2" },
    { name: "five octets", text: "192.0.2.1.1" },
    { name: "an octet over 255", text: "192.0.2.256" },
    { name: "a leading zero", text: "192.0.2.01" },
    { name: "a leading zero in the first octet", text: "010.0.2.1" },
    { name: "a hexadecimal octet", text: "0xc0.0.2.1" },
    { name: "one number", text: "3221225985" },
    { name: "a space before", text: " 192.0.2.1" },
    { name: "a space behind", text: "192.0.2.1 " },
    { name: "a line end", text: "192.0.2.1\n" },
    { name: "a negative octet", text: "192.0.2.-1" },
    { name: "seven groups", text: "2001:db8:1:2:3:4:5" },
    { name: "nine groups", text: "2001:db8:1:2:3:4:5:6:7" },
    { name: "two gaps", text: "2001::db8::1" },
    { name: "a gap of no group", text: "1:2:3:4::5:6:7:8" },
    { name: "five digits in a group", text: "2001:db8::00001" },
    { name: "a leading zero in the dotted part", text: "64:ff9b::01.2.3.4" },
    { name: "the deprecated IPv4-compatible form", text: "::192.0.2.1" },
    { name: "a zone", text: "fe80::1%eth0" },
    { name: "a zone in digits", text: "fe80::1%2" },
    { name: "an IPv4-mapped address", text: "::ffff:192.0.2.1" },
    { name: "an IPv4-mapped address in groups", text: "::ffff:c000:201" },
    { name: "brackets", text: "[2001:db8::1]" },
    { name: "a prefix length", text: "192.0.2.0/24" },
    { name: "a leading colon", text: ":1:2:3:4:5:6:7:8" },
    { name: "a word", text: "localhost" },
  ])("refuses $name", ({ text }) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it("agrees with the runtime's own parser on texts near an address", () => {
    const part = fc.constantFrom("0", "1", "ffff", "12345", "01", "255", "256", "1.2.3.4", "::", ":", ".", "g", "");
    const near = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
    const joined = fc.array(part, { maxLength: 9 }).map((parts) => parts.join(":"));
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(near, joined), (text) => {
        const ip = parseIp(text);
        if (ip === undefined) return isIP(text) === 0 || isRefusedByUs(text);
        read++;
        return isIP(text) === (ip.family === "ipv4" ? 4 : 6);
      }),
      { numRuns: 5_000 },
    );
    expect(read).toBeGreaterThan(100);
  });
});

/** IPv4-mapped addresses, and the deprecated `::192.0.2.1`: addresses to the runtime, not to us. */
function isRefusedByUs(text: string): boolean {
  const canonical = new URL(`http://[${text}]/`).hostname;
  if (/^\[::ffff:[^:]+:[^:]+\]$/.test(canonical)) return true;
  return text.includes(".") && /^\[::[^:]*(?::[^:]+)?\]$/.test(canonical);
}

describe("printIp()", () => {
  it("writes what the URL standard writes, which follows RFC 5952", () => {
    fc.assert(
      fc.property(anyIpv6, (ip) => {
        const groups = [...ipToBytes(ip)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        const long = groups.replaceAll(/(.{4})(?!$)/g, "$1:");
        expect(`[${printIp(ip)}]`).toBe(new URL(`http://[${long}]/`).hostname);
      }),
    );
  });

  it("writes text that reads back as the same address", () => {
    fc.assert(
      fc.property(anyIp, (ip) => {
        fc.pre(!isMapped(ip));
        expect(parseIp(printIp(ip))).toEqual(ip);
      }),
    );
  });

  it("writes text that the kernel's interface accepts", () => {
    fc.assert(
      fc.property(anyIp, (ip) => {
        expect(new SocketAddress({ family: ip.family, address: printIp(ip) }).family).toBe(ip.family);
      }),
    );
  });
});

describe("ipFromBytes()", () => {
  it.each([
    { name: "IPv4", bytes: [192, 0, 2, 1], text: "192.0.2.1" },
    { name: "IPv6", bytes: [0x20, 1, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), 0xff], text: "2001:db8::ff" },
  ])("reads $name in network order", ({ bytes, text }) => {
    expect(ipFromBytes(Uint8Array.from(bytes))).toEqual(parseIp(text));
    expect([...ipToBytes(parseIp(text) ?? expect.fail("an address"))]).toEqual(bytes);
  });

  it("reads a view into a larger buffer", () => {
    expect(printIp(ipFromBytes(Uint8Array.of(9, 9, 192, 0, 2, 7, 9).subarray(2, 6)))).toBe("192.0.2.7");
  });

  it.each([0, 3, 5, 15, 17])("throws for %i bytes", (length) => {
    expect(() => ipFromBytes(new Uint8Array(length))).toThrow(RangeError);
  });

  it("undoes ipToBytes()", () => {
    fc.assert(
      fc.property(anyIp, (ip) => {
        expect(ipFromBytes(ipToBytes(ip))).toEqual(ip);
      }),
    );
  });
});

describe("compareIps()", () => {
  it("sorts IPv4 before IPv6 and by number, not by text", () => {
    const texts = ["::1", "10.0.0.10", "2001:db8::", "10.0.0.9", "255.0.0.0", "::"];
    const sorted = texts.map((text) => parseIp(text) ?? expect.fail("an address")).sort(compareIps);
    expect(sorted.map(printIp)).toEqual(["10.0.0.9", "10.0.0.10", "255.0.0.0", "::", "::1", "2001:db8::"]);
  });

  it("is 0 exactly for equal addresses", () => {
    fc.assert(
      fc.property(anyIp, anyIp, (left, right) => {
        expect(compareIps(left, right) === 0).toBe(equalIps(left, right));
        expect(compareIps(left, { ...left })).toBe(0);
      }),
    );
  });

  it("tells 0.0.0.1 from ::1", () => {
    expect(equalIps({ family: "ipv4", value: 1n }, { family: "ipv6", value: 1n })).toBe(false);
  });
});
