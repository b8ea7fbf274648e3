import { describe, expect, it } from "vitest";
import { isReleaseDue, type MemoryLook } from "#src/linux/is-release-due.ts";

const grown: MemoryLook = { looks: 6, leftBytes: 40e6, rssBytes: 58e6, cpuMs: 250 };

describe("isReleaseDue()", () => {
  it.each([
    {
      name: "not five seconds after the start",
      look: { looks: 1, leftBytes: undefined, rssBytes: 80e6, cpuMs: 0 },
      due: false,
    },
    {
      name: "ten seconds after the start, however busy",
      look: { looks: 2, leftBytes: undefined, rssBytes: 80e6, cpuMs: 9_000 },
      due: true,
    },
    { name: "where work made it grow and is done", look: grown, due: true },
    { name: "not within thirty seconds of the last time", look: { ...grown, looks: 5 }, due: false },
    { name: "not while there is work", look: { ...grown, cpuMs: 251 }, due: false },
    { name: "not for what runs all the time", look: { ...grown, rssBytes: 57.9e6 }, due: false },
  ])("hands back: $name", ({ look, due }) => {
    expect(isReleaseDue(look)).toBe(due);
  });
});
