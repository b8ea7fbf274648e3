import { describe, expect, it } from "vitest";
import { backOffMs } from "#src/source/kubernetes/api/timing.ts";

describe("backOffMs()", () => {
  it("doubles up to five seconds, with half of it left to chance", () => {
    expect([0, 1, 2, 5, 6, 1_000].map((failures) => backOffMs(failures, 0))).toEqual([
      0, 125, 250, 2_000, 2_500, 2_500,
    ]);
    expect(backOffMs(1_000, 0.999)).toBeLessThanOrEqual(5_000);
  });
});
