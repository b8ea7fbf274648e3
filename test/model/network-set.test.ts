import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, parseIp } from "#src/ip/address.ts";
import { type Cidr, cidrContains, cidrOf, parseCidr } from "#src/ip/cidr.ts";
import { networkSet, networkSetHas } from "#src/model/network-set.ts";

const setOf = (...texts: readonly string[]) => networkSet(texts.map((text) => parseCidr(text)!));

describe("networkSetHas()", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0", true],
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "9.255.255.255", false],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.0.0.7/32", "10.0.0.7", true],
    ["10.0.0.7/32", "10.0.0.8", false],
    ["0.0.0.0/0", "255.255.255.255", true],
    ["0.0.0.0/0", "::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "10.0.0.1", false],
    ["2001:db8::/32", "2001:db9::", false],
  ])("%s has %s: %j", (network, address, has) => {
    expect(networkSetHas(setOf(network), parseIp(address)!)).toBe(has);
  });

  it("joins networks that overlap or meet, whatever their order", () => {
    const set = setOf("10.0.1.0/24", "10.0.0.0/24", "10.0.0.128/25", "192.0.2.0/24");
    expect(set.ipv4).toHaveLength(2);
    expect(setOf("10.0.0.0/8", "10.1.0.0/16").ipv4).toHaveLength(1);
  });

  it("agrees with each network asked one by one", () => {
    // Few bits, so that networks meet, overlap and contain each other.
    const ip = fc
      .record({ isV4: fc.boolean(), low: fc.integer({ min: 0, max: 255 }) })
      .map(({ isV4, low }): Ip => ({ family: isV4 ? "ipv4" : "ipv6", value: BigInt(low) }));
    const network = fc
      .tuple(ip, fc.integer({ min: 0, max: 8 }))
      .map(([one, bits]): Cidr => cidrOf(one, (one.family === "ipv4" ? 24 : 120) + bits)!);
    fc.assert(
      fc.property(fc.array(network), ip, (networks, one) => {
        expect(networkSetHas(networkSet(networks), one)).toBe(networks.some((each) => cidrContains(each, one)));
      }),
    );
  });
});
