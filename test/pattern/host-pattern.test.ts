import { describe, expect, it } from "vitest";
import { HostPattern } from "#src/pattern/host-pattern.ts";

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
    const pattern = HostPattern.read(text);
    expect(pattern instanceof HostPattern && pattern.test(host)).toBe(matches);
  });

  it.each(["", "(", "a)(b", "(?=a)", "x".repeat(513)])("does not read %j", (text) =>
    expect(HostPattern.read(text)).toEqual({ why: expect.any(String) }),
  );
});
