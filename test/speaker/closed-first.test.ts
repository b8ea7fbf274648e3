import { closeSync, openSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openClosedFirst } from "#speaker/closed-first.ts";

function openFile(): number {
  return openSync("/dev/null", "r");
}

describe("openClosedFirst()", () => {
  it("gives what it opens a higher number than a hundred files get that are opened later", async () => {
    const first = await openClosedFirst(async () => openFile());
    const later = Array.from({ length: 100 }, openFile);
    expect(Math.max(...later)).toBeLessThan(first);
    for (const number of [first, ...later]) closeSync(number);
  });

  it("leaves nothing else open, also where opening fails", async () => {
    const before = readdirSync("/proc/self/fd").length;
    const failed = openClosedFirst(async () => {
      throw new Error("the port is in use");
    });
    await expect(failed).rejects.toThrow("the port is in use");
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  });
});
