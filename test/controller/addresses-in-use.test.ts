import { RestingAddresses } from "#controller/resting.ts";
import { describe, expect, it } from "vitest";

describe("RestingAddresses", () => {
  it("knows what was in use and is not, until it rested or is in use again", () => {
    const resting = new RestingAddresses();
    const observe = (ips: string[], nowMs: number) => [...resting.observe(new Set(ips), nowMs)];
    expect(observe(["a", "b", "c"], 0)).toEqual([]);
    expect(observe(["a"], 1_000)).toEqual([
      ["b", 1_000],
      ["c", 1_000],
    ]);
    expect(observe(["a", "b"], 2_000)).toEqual([["c", 1_000]]);
    expect(observe(["a"], 120_999)).toEqual([
      ["c", 1_000],
      ["b", 120_999],
    ]);
    expect(observe(["a"], 121_000)).toEqual([["b", 120_999]]);
  });

  it("remembers 65,536 at most, the last ones freed", () => {
    const resting = new RestingAddresses();
    resting.observe(new Set(["first"]), 0);
    resting.observe(new Set(Array.from({ length: 65_536 }, (_, n) => `${n}`)), 1);
    const rest = resting.observe(new Set(), 2);
    expect([rest.size, rest.has("first")]).toEqual([65_536, false]);
  });
});
