import { lengthen, type Pace, pauseMs, type Streak } from "#src/status/pace.ts";
import { describe, expect, it } from "vitest";

const pace: Pace = { free: 2, pause: { firstMs: 100, longestMs: 300 }, calmMs: 10_000 };

describe("lengthen()", () => {
  it("lets it be done again at once so many times, then after pauses that double up to the longest", () => {
    let streak: Streak | undefined;
    const pauses = Array.from({ length: 6 }, () => {
      streak = lengthen(pace, streak, { nowMs: 0 });
      return pauseMs(streak, 0);
    });
    expect(pauses).toEqual([0, 0, 100, 200, 300, 300]);
    expect(streak?.count).toBe(6);
  });

  it.each([
    { afterMs: 9_999, count: 5 },
    { afterMs: 10_000, count: 1 },
  ])("counts $count after $afterMs ms: a streak ends when all was calm", ({ afterMs, count }) => {
    const before = { count: 4, lastMs: 0, untilMs: 0 };
    expect(lengthen(pace, before, { nowMs: afterMs }).count).toBe(count);
  });

  it.each([
    { chance: 0, waits: 50 },
    { chance: 0.5, waits: 75 },
    { chance: 1, waits: 100 },
  ])("leaves half of a pause to chance: $waits ms for $chance", ({ chance, waits }) => {
    const before = { count: 2, lastMs: 0, untilMs: 0 };
    expect(pauseMs(lengthen(pace, before, { nowMs: 0, chance }), 0)).toBe(waits);
  });
});

describe("pauseMs()", () => {
  it("is never negative, and 0 where nothing was done yet", () => {
    expect([pauseMs({ count: 3, lastMs: 0, untilMs: 100 }, 200), pauseMs(undefined, 0)]).toEqual([0, 0]);
  });
});
