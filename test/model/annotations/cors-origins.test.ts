import { describe, expect, it } from "vitest";
import { allowsOrigin, parseOrigin } from "#src/model/annotations/cors-origins.ts";

describe("allowsOrigin()", () => {
  it.each([
    ["https://a.com", "https://a.com", true],
    ["https://a.com", "HTTPS://A.com", true],
    ["https://a.com", "http://a.com", false],
    ["https://a.com", "https://a.com:8443", false],
    ["https://a.com", "https://b.a.com", false],
    ["https://a.com", "https://a.com.evil.com", false],
    ["https://a.com:8443", "https://a.com:8443", true],
    ["https://*.a.com", "https://b.a.com", true],
    ["https://*.a.com", "https://c.b.a.com", false],
    ["https://*.a.com", "https://a.com", false],
    ["https://*.a.com", "https://.a.com", false],
    ["https://*.a.com", "https://evil.com/.a.com", false],
    ["https://*.a.com", "https://evil.com#.a.com", false],
    ["https://*.a.com:8443", "https://b.a.com:8443", true],
    ["https://*.a.com:8443", "https://b.a.com", false],
    ["https://shop-*.a.com", "https://shop-1.a.com", true],
    ["a.com", "https://a.com", true],
    ["a.com", "http://a.com", true],
    ["a.com", "https://evil-a.com", false],
    ["*.a.com", "http://b.a.com", true],
    ["capacitor://localhost", "capacitor://localhost", true],
    ["https://a.com", "null", false],
    ["https://a.com", "", false],
  ])("%s allows %j: %j", (text, origin, isAllowed) => {
    expect(allowsOrigin([parseOrigin(text)!], origin)).toBe(isAllowed);
  });

  it("allows any origin, also one that is not one", () => {
    expect(allowsOrigin("any", "null")).toBe(true);
  });
});

describe("parseOrigin()", () => {
  it.each([
    "*",
    "",
    "https://",
    "https://*",
    "https://a.com/path",
    "https://a.com b",
    "https://*.*.a.com",
    "a.com;",
    "https://a.com:",
    "$host",
  ])("cannot read %j", (text) => {
    expect(parseOrigin(text)).toBeUndefined();
  });
});
