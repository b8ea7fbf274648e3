import { describe, expect, it } from "vitest";
import { readValuePattern, valueMatches } from "#src/pattern/value-pattern.ts";

describe("ValuePattern", () => {
  it.each([
    ["eu", "my-eu-1", true],
    ["eu", "EU", false],
    ["(?i)eu", "EU", true],
    ["(?i:e)u", "Eu", true],
    ["(?i:e)u", "EU", false],
    ["(a(?i)b)c", "aBc", true],
    ["(a(?i)b)c", "aBC", false],
    ["^[a-c]$", "b", true],
    ["^[a-c]$", "B", false],
    ["^[^a]$", "A", true],
    ["^a b$", "a b", true],
    ["^a%20b$", "a b", false],
    ["^\\Qa.b\\E$", "a.b", true],
    ["^\\x41$", "A", true],
    ["^\\x41$", "a", false],
    ["^.$", "\u00e9", false],
    ["^(?:beta|canary)\\d{2}$", "beta07", true],
    ["", "any", true],
  ])("%s of %j: %s", (text, value, matches) => {
    const pattern = readValuePattern(text);
    expect(!("why" in pattern) && valueMatches(pattern, value)).toBe(matches);
  });

  it.each(["(", "a)(b", "(?=a)", "(a)\\1", "\u00e9", "x".repeat(513)])("does not read %j", (text) =>
    expect(readValuePattern(text)).toEqual({ why: expect.any(String) }),
  );
});
