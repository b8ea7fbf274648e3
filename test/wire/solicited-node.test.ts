import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipFromBytes, parseIp, printIp } from "#src/ip/address.ts";
import { printMac } from "#src/wire/mac.ts";
import { isMulticast, multicastMac, solicitedNodeGroup } from "#src/wire/solicited-node.ts";

const ipOf = (text: string) => parseIp(text) ?? expect.fail(`${text} is an address`);

describe("solicitedNodeGroup()", () => {
  it.each([
    { name: "the example of RFC 4291", ip: "4037::1:800:200e:8c6c", group: "ff02::1:ff0e:8c6c" },
    { name: "zeros in the last bytes", ip: "2001:db8::", group: "ff02::1:ff00:0" },
    { name: "ones in the last bytes", ip: "2001:db8::ffff:ffff", group: "ff02::1:ffff:ffff" },
  ])("is right for $name", ({ ip, group }) => {
    expect(printIp(solicitedNodeGroup(ipOf(ip)))).toBe(group);
  });

  it("is a multicast group that depends on the last 24 bits only", () => {
    const anyIp = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipFromBytes);
    fc.assert(
      fc.property(anyIp, (ip) => {
        const group = solicitedNodeGroup(ip);
        expect(isMulticast(group)).toBe(true);
        expect(solicitedNodeGroup({ ...ip, value: ip.value & 0xff_ffffn })).toEqual(group);
        expect(solicitedNodeGroup({ ...ip, value: ip.value ^ 0x80_0000n })).not.toEqual(group);
      }),
    );
  });
});

describe("multicastMac()", () => {
  it.each([
    { group: "ff02::1", mac: "33:33:00:00:00:01" },
    { group: "ff02::1:ffc0:ffee", mac: "33:33:ff:c0:ff:ee" },
  ])("of $group is $mac", ({ group, mac }) => {
    expect(printMac(multicastMac(ipOf(group)))).toBe(mac);
  });
});

describe("isMulticast()", () => {
  it.each([
    { ip: "ff02::1", is: true },
    { ip: "feff::1", is: false },
    { ip: "2001:db8::ff", is: false },
    { ip: "::", is: false },
  ])("of $ip is $is", ({ ip, is }) => {
    expect(isMulticast(ipOf(ip))).toBe(is);
  });
});
