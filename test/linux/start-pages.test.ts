import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadNative } from "#native/load.ts";

/** kB of files that are mapped and in RAM: proc(5), RssFile. */
function residentFileKb(): number {
  return Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

/** Code and constants of Node from many places: relocated tables of OpenSSL, ICU, regular expressions, JSON. */
function work(): string {
  const text = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => `Ärger ${index}`.toLocaleUpperCase("de")));
  return createHash("sha512")
    .update(text.replaceAll(/(\p{L}+) (\d)/gu, "$2$1"))
    .digest("hex");
}

describe("releaseFilePages()", () => {
  it("takes most of Node's file out of the resident set, and all works as before", () => {
    const before = work();
    const [mapped, released] = [residentFileKb(), loadNative().releaseFilePages()];
    expect(residentFileKb()).toBeLessThan(mapped / 2);
    expect(released).toBeGreaterThan(mapped / 2);
    expect(work()).toBe(before);
  });
});
