import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";

const ROWS = [
  ["0.0.0.0", "unspecified"],
  ["0.1.2.3", "unspecified"],
  ["126.255.255.255", undefined],
  ["127.0.0.0", "loopback"],
  ["127.255.255.255", "loopback"],
  ["128.0.0.0", undefined],
  ["169.253.255.255", undefined],
  ["169.254.169.254", "link-local"],
  ["192.0.2.200", undefined],
  ["223.255.255.255", undefined],
  ["224.0.0.1", "multicast"],
  ["239.255.255.255", "multicast"],
  ["255.255.255.254", undefined],
  ["255.255.255.255", "broadcast"],
  ["::", "unspecified"],
  ["::1", "loopback"],
  ["::2", undefined],
  ["fe7f::1", undefined],
  ["fe80::1", "link-local"],
  ["febf::1", "link-local"],
  ["fec0::1", undefined],
  ["ff02::1", "multicast"],
  ["2001:db8::1", undefined],
] as const;

describe("reservedUse()", () => {
  it.each(ROWS)("L1 says of %s: %s", (text, use) => {
    const ip = parseIp(text);
    expect(ip).toBeDefined();
    if (ip !== undefined) expect(reservedUse(ip)).toBe(use);
  });
  it("L1 calls an IPv4-mapped address unspecified", () => {
    expect(reservedUse({ family: "ipv6", value: 0xffff_c000_02c8n })).toBe("unspecified");
  });
});
