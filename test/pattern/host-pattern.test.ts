import { describe, expect, it } from "vitest";
import { hostMatches, readHostPattern } from "#src/pattern/host-pattern.ts";

describe("HostPattern", () => {
  it.each([
    ["^a\\.com$", "a.com", true],
    ["^a\\.com$", "ba.com", false],
    ["^A\\.com$", "a.com", true],
    ["\\.com$", "x.y.com", true],
    ["shop", "my-shop.test", true],
    ["^a|^b", "b.test", true],
    ["^a|^b", "cb.test", false],
    ["^(?<sub>\\w+)\\.a\\.com$", "x.a.com", true],
  ])("%s of %s: %s", (text, host, matches) => {
    const pattern = readHostPattern(text);
    expect(!("why" in pattern) && hostMatches(pattern, host)).toBe(matches);
  });

  it.each(["", "(", "a)(b", "(?=a)", "x".repeat(513)])("does not read %j", (text) =>
    expect(readHostPattern(text)).toEqual({ why: expect.any(String) }),
  );
});
