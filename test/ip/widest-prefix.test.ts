import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cidrOf } from "#src/ip/cidr.ts";
import { parseRange } from "#src/ip/range.ts";
import { widestPrefix } from "#src/ip/widest-prefix.ts";

const rangeOf = (text: string) => {
  const parsed = parseRange(text);
  return parsed.ok ? parsed.range : expect.fail(text);
};

describe("widestPrefix()", () => {
  it.each([
    ["192.0.2.0/24", 24],
    ["192.0.2.7/32", 32],
    ["0.0.0.0/0", 0],
    ["192.0.2.8-192.0.2.19", 29],
    ["192.0.2.1-192.0.2.2", 32],
    ["192.0.2.0-192.0.2.1", 31],
    ["2001:db8::/64", 64],
    ["2001:db8::1-2001:db8::ffff", 113],
  ])("of %s is %d", (text, length) => expect(widestPrefix(rangeOf(text))).toBe(length));

  it("is the length of a network inside the range, and no shorter one fits", () => {
    const small = fc.tuple(fc.bigInt(0n, 600n), fc.bigInt(0n, 600n));
    fc.assert(
      fc.property(small, ([a, b]) => {
        const [first, last] = a < b ? [a, b] : [b, a];
        const length = widestPrefix({ family: "ipv4", first, last });
        const fits = (prefix: number): boolean => {
          const size = 1n << BigInt(32 - prefix);
          for (let base = 0n; base <= last; base += size) {
            const cidr = cidrOf({ family: "ipv4", value: base }, prefix);
            if (cidr !== undefined && cidr.base >= first && cidr.base + size - 1n <= last) return true;
          }
          return false;
        };
        return fits(length) && (length === 0 || !fits(length - 1));
      }),
    );
  });
});
