import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipFromBytes, parseIp } from "#src/ip/address.ts";
import { type IpRange, parseRange } from "#src/ip/range.ts";
import { assigningPools } from "#src/model/assigning-pool.ts";
import { findRange } from "#src/model/pool.ts";

function range(text: string): IpRange {
  const parsed = parseRange(text);
  return parsed.ok ? parsed.range : expect.fail(text);
}

function pool(
  name: string,
  ranges: readonly string[],
  { excluded = [] as readonly string[], avoidBuggyIps = false } = {},
) {
  return { name, ranges: ranges.map(range), excluded: excluded.map(range), avoidBuggyIps };
}

describe("assigningPools()", () => {
  const poolOf = assigningPools([
    pool("late", ["198.51.100.0/24", "2001:db8:1::/64"], { avoidBuggyIps: true }),
    pool("edge", ["192.0.2.200-192.0.2.210", "192.0.2.1-192.0.2.3"], { excluded: ["192.0.2.202-192.0.2.203"] }),
  ]);

  it.each([
    ["192.0.2.1", "edge"],
    ["192.0.2.3", "edge"],
    ["192.0.2.4", undefined],
    ["192.0.2.200", "edge"],
    ["192.0.2.202", undefined],
    ["192.0.2.204", "edge"],
    ["192.0.2.211", undefined],
    ["198.51.100.255", undefined],
    ["198.51.100.254", "late"],
    ["2001:db8:1::ff", "late"],
    ["2001:db8:2::1", undefined],
    ["0.0.0.0", undefined],
    ["255.255.255.255", undefined],
  ])("%s may be assigned by the pool %s", (text, name) =>
    expect(poolOf(parseIp(text) ?? expect.fail(text))).toBe(name),
  );

  it("finds what a search of all ranges finds", () => {
    const pools = ["a", "b", "c"].map((name, at) =>
      pool(
        name,
        Array.from({ length: 20 }, (_, number) => `10.0.${number * 5 + at}.10-10.0.${number * 5 + at}.20`),
      ),
    );
    const find = assigningPools(pools);
    const anyIp = fc
      .tuple(fc.nat(120), fc.nat(30))
      .map(([third, last]) => ipFromBytes(Uint8Array.of(10, 0, third, last)));
    fc.assert(fc.property(anyIp, (ip) => find(ip) === findRange(pools, ip)?.pool.name));
  });
});
