import { describe, expect, it, vi } from "vitest";
import { isForwardedNormalized, normalizePath } from "#src/routing/path.ts";

describe("normalizePath()", () => {
  it.each([
    ["/a/b", "/a/b"],
    ["/a//b/", "/a/b/"],
    ["/a/./b/../c", "/a/c"],
    ["/a/.", "/a/"],
    ["/a/..", "/"],
    ["/a/b/..", "/a/"],
    ["/...", "/..."],
    ["/.a", "/.a"],
    ["/..a/b", "/..a/b"],
    ["/%7ea%2fb", "/~a%2Fb"],
    ["/a%2Eb", "/a.b"],
    ["/a%2F.b", "/a%2F.b"],
    ["/a;v=1/b;..", "/a;v=1/b;.."],
    ["/a/%3B/..", "/a/"],
    ["/\\a", "/\\a"],
    ["/\u00e9 ", "/%E9%20"],
  ])("makes of %s %s", (path, normalized) => expect(normalizePath(path)).toBe(normalized));

  it.each(["", "a", "/..", "/a/../../b", "/%", "/%2", "/%zz", "/%00"])("refuses %s", (path) =>
    expect(normalizePath(path)).toBeUndefined(),
  );

  it.each([
    "/public/..%2F..%2Fadmin",
    "/public/..%2fadmin",
    "/public/x%2F..%2Fadmin",
    "/public/%2F..",
    "/public/x%2F.",
    "/public/..%5Cadmin",
    "/public/..%5cadmin",
    "/public/..\\..\\admin",
    "/public/x\\..",
    "/public/%2e%2e/admin",
    "/public/.%2E/admin",
    "/public/%2e./admin",
    "/public/%2e/admin",
    "/public/%2e",
    "/public/%2e%2e%2Fadmin",
    "/public/..;/admin",
    "/public/..;x=1/admin",
    "/public/.;/admin",
    "/public/..%3B/admin",
    "/public/%2e%2e;/admin",
    "/public/x%2F..;/admin",
  ])("H7 refuses %s, which only some programs resolve", (path) => expect(normalizePath(path)).toBeUndefined());

  it("H15 calls no function of the runtime for each character of a path of 8 kB", () => {
    const shapes = [`/${"%41".repeat(2_700)}`, "/a/..".repeat(1_600), `/${"%2F".repeat(2_700)}`, "/.".repeat(4_000)];
    const spies = [vi.spyOn(String, "fromCharCode"), vi.spyOn(RegExp.prototype, "test"), vi.spyOn(Number, "parseInt")];
    for (const path of shapes) expect(normalizePath(path)).toBeDefined();
    const calls = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    for (const spy of spies) spy.mockRestore();
    expect(calls).toBeLessThanOrEqual(shapes.length);
  });
});

describe("isForwardedNormalized()", () => {
  it.each([
    ["/a/../b", true],
    ["/a/./b", true],
    ["/.well-known/x", true],
    ["/a//b", false],
    ["/a%2Fb", false],
  ])("H7 %s: %s", (path, isNormalized) => expect(isForwardedNormalized(path)).toBe(isNormalized));
});
