import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsOf, ipFromBytes, parseIp } from "#src/ip/address.ts";
import { cidrContains, cidrOf, parseCidr, printCidr } from "#src/ip/cidr.ts";

const anyIp = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(ipFromBytes)
  .filter(({ family, value }) => family === "ipv4" || value >> 32n !== 0xffffn);

const ipOf = (text: string) => parseIp(text) ?? expect.fail(`${text} is an address`);
const cidr = (text: string) => parseCidr(text) ?? expect.fail(`${text} is a network`);

describe("parseCidr()", () => {
  it.each([
    { name: "an IPv4 network", text: "192.0.2.0/24", printed: "192.0.2.0/24" },
    { name: "host bits, masked away", text: "192.0.2.77/24", printed: "192.0.2.0/24" },
    { name: "one IPv4 address", text: "192.0.2.77/32", printed: "192.0.2.77/32" },
    { name: "all of IPv4", text: "192.0.2.77/0", printed: "0.0.0.0/0" },
    { name: "an IPv6 network", text: "2001:DB8::/64", printed: "2001:db8::/64" },
    { name: "one IPv6 address", text: "2001:db8::1/128", printed: "2001:db8::1/128" },
    { name: "a prefix inside a byte", text: "10.255.255.255/9", printed: "10.128.0.0/9" },
  ])("reads $name", ({ text, printed }) => {
    expect(printCidr(cidr(text))).toBe(printed);
  });

  it.each([
    { name: "no prefix length", text: "192.0.2.0" },
    { name: "an empty prefix length", text: "192.0.2.0/" },
    { name: "a prefix length over 32", text: "192.0.2.0/33" },
    { name: "a prefix length over 128", text: "2001:db8::/129" },
    { name: "a leading zero in the prefix length", text: "192.0.2.0/08" },
    { name: "a negative prefix length", text: "192.0.2.0/-1" },
    { name: "a netmask", text: "192.0.2.0/255.255.255.0" },
    { name: "two prefix lengths", text: "192.0.2.0/24/24" },
    { name: "a short address", text: "10.0/16" },
    { name: "an IPv4-mapped address", text: "::ffff:192.0.2.0/120" },
    { name: "spaces", text: "192.0.2.0 / 24" },
    { name: "an exponent", text: "192.0.2.0/1e1" },
  ])("refuses $name", ({ text }) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});

describe("cidrOf()", () => {
  it.each([-1, 33, 1.5, Number.NaN])("refuses the prefix length %d for IPv4", (prefixLength) => {
    expect(cidrOf(ipOf("192.0.2.1"), prefixLength)).toBeUndefined();
  });

  it("makes a network that holds the address, prints, and reads back the same", () => {
    fc.assert(
      fc.property(anyIp, fc.nat(128), (ip, length) => {
        const made = cidrOf(ip, length % (bitsOf(ip.family) + 1)) ?? expect.fail("a network");
        expect(cidrContains(made, ip)).toBe(true);
        fc.pre(made.base >> 32n !== 0xffffn);
        expect(parseCidr(printCidr(made))).toEqual(made);
      }),
    );
  });
});

describe("cidrContains()", () => {
  it.each([
    { network: "192.0.2.0/24", ip: "192.0.2.0", is: true },
    { network: "192.0.2.0/24", ip: "192.0.2.255", is: true },
    { network: "192.0.2.0/24", ip: "192.0.3.0", is: false },
    { network: "192.0.2.0/24", ip: "192.0.1.255", is: false },
    { network: "0.0.0.0/0", ip: "255.255.255.255", is: true },
    { network: "::/0", ip: "192.0.2.1", is: false },
    { network: "0.0.0.0/0", ip: "::1", is: false },
    { network: "2001:db8::/64", ip: "2001:db8::ffff:ffff:ffff:ffff", is: true },
    { network: "2001:db8::/64", ip: "2001:db8:0:1::", is: false },
  ])("$network holds $ip: $is", ({ network, ip, is }) => {
    expect(cidrContains(cidr(network), ipOf(ip))).toBe(is);
  });
});
