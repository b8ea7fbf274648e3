import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, ipFromBytes, parseIp, printIp } from "#src/ip/address.ts";
import { type IpRange, parseRange, printRange, rangeContains, rangesOverlap, rangeSize } from "#src/ip/range.ts";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(`${text} is an address`);

function range(text: string): IpRange {
  const parsed = parseRange(text);
  return parsed.ok ? parsed.range : expect.fail(parsed.fault);
}

describe("parseRange()", () => {
  it.each([
    { name: "a CIDR", text: "192.0.2.0/30", printed: "192.0.2.0-192.0.2.3", size: 4n },
    { name: "a CIDR with host bits, as MetalLB does", text: "192.0.2.7/30", printed: "192.0.2.4-192.0.2.7", size: 4n },
    { name: "one address as a CIDR", text: "192.0.2.7/32", printed: "192.0.2.7-192.0.2.7", size: 1n },
    { name: "first and last", text: "192.0.2.10-192.0.2.20", printed: "192.0.2.10-192.0.2.20", size: 11n },
    { name: "one address as first and last", text: "192.0.2.1-192.0.2.1", printed: "192.0.2.1-192.0.2.1", size: 1n },
    { name: "spaces", text: "  192.0.2.1 - 192.0.2.2 ", printed: "192.0.2.1-192.0.2.2", size: 2n },
    { name: "a range over octets", text: "10.0.0.255-10.0.1.0", printed: "10.0.0.255-10.0.1.0", size: 2n },
    { name: "all of IPv4", text: "0.0.0.0/0", printed: "0.0.0.0-255.255.255.255", size: 2n ** 32n },
    {
      name: "an IPv6 /64",
      text: "2001:db8::/64",
      printed: "2001:db8::-2001:db8::ffff:ffff:ffff:ffff",
      size: 2n ** 64n,
    },
    { name: "all of IPv6", text: "::/0", printed: "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", size: 2n ** 128n },
    { name: "IPv6 first and last", text: "2001:DB8::1-2001:db8::f", printed: "2001:db8::1-2001:db8::f", size: 15n },
  ])("reads $name", ({ text, printed, size }) => {
    expect(printRange(range(text))).toBe(printed);
    expect(rangeSize(range(text))).toBe(size);
  });

  it.each([
    { text: "", fault: "not-an-address" },
    { text: "-", fault: "not-an-address" },
    { text: "192.0.2.1-", fault: "not-an-address" },
    { text: "-192.0.2.1", fault: "not-an-address" },
    { text: "192.0.2.1-192.0.2.2-192.0.2.3", fault: "not-an-address" },
    { text: "192.0.2.1-5", fault: "not-an-address" },
    { text: "192.0.2.01-192.0.2.5", fault: "not-an-address" },
    { text: "fe80::1%eth0-fe80::2%eth0", fault: "not-an-address" },
    { text: "pool/24", fault: "not-an-address" },
    { text: "192.0.2.1", fault: "bare-address" },
    { text: "2001:db8::1", fault: "bare-address" },
    { text: "192.0.2.1-2001:db8::1", fault: "mixed-families" },
    { text: "2001:db8::1-192.0.2.1", fault: "mixed-families" },
    { text: "10.0.0.9-10.0.0.1", fault: "reversed" },
    { text: "10.0.0.10-10.0.0.9", fault: "reversed" },
    { text: "2001:db8::2-2001:db8::1", fault: "reversed" },
    { text: "192.0.2.0/33", fault: "bad-prefix-length" },
    { text: "192.0.2.0/", fault: "bad-prefix-length" },
    { text: "2001:db8::/129", fault: "bad-prefix-length" },
  ])('refuses "$text": $fault', ({ text, fault }) => {
    expect(parseRange(text)).toEqual({ ok: false, fault });
  });

  it("reads back what printRange() writes, with both ends inside and their neighbours outside", () => {
    const anyIp = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipFromBytes);
    fc.assert(
      fc.property(anyIp, anyIp, (left, right) => {
        const [first, last] = left.value <= right.value ? [left, right] : [right, left];
        const made = range(`${printIp(first)}-${printIp(last)}`);
        expect(range(printRange(made))).toEqual(made);
        expect([first, last].every((ip) => rangeContains(made, ip))).toBe(true);
        expect(rangeContains(made, { ...first, value: first.value - 1n })).toBe(false);
        expect(rangeContains(made, { ...last, value: last.value + 1n })).toBe(false);
      }),
    );
  });

  it("never throws", () => {
    const parts = fc.array(fc.constantFrom("192.0.2.1", "2001:db8::1", "-", "/", "24", " ", "::", "x"), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          parts.map((some) => some.join("")),
        ),
        (text) => {
          expect(typeof parseRange(text).ok).toBe("boolean");
        },
      ),
    );
  });
});

describe("rangeContains()", () => {
  it("is false for an address of the other family with the same number", () => {
    expect(rangeContains(range("0.0.0.0/0"), ipOf("::1"))).toBe(false);
  });
});

describe("rangesOverlap()", () => {
  it.each([
    { left: "10.0.0.0-10.0.0.5", right: "10.0.0.5-10.0.0.9", is: true },
    { left: "10.0.0.0-10.0.0.5", right: "10.0.0.6-10.0.0.9", is: false },
    { left: "10.0.0.0/24", right: "10.0.0.7/32", is: true },
    { left: "::/0", right: "0.0.0.0/0", is: false },
  ])("$left and $right: $is", ({ left, right, is }) => {
    expect(rangesOverlap(range(left), range(right))).toBe(is);
    expect(rangesOverlap(range(right), range(left))).toBe(is);
  });
});
