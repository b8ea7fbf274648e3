import { describe, expect, it } from "vitest";
import { EchoCircles } from "#src/layer2/echo-circles.ts";

describe("EchoCircles", () => {
  it("lets a request pass once, whatever rounds it makes", () => {
    const circles = new EchoCircles();
    const rounds = Array.from({ length: 32 }, (_, round) => 64 - 2 * round);
    expect(rounds.map((hopsLeft) => circles.hasTurned("a", hopsLeft))).toEqual([
      false,
      ...rounds.slice(1).map(() => true),
    ]);
  });

  it("lets others pass, and one that its host sends again with the same numbers", () => {
    const circles = new EchoCircles();
    expect(["a", "b", "a", "b"].map((request) => circles.hasTurned(request, 64))).toEqual([false, false, false, false]);
    expect(circles.hasTurned("a", 128)).toBe(false);
    expect(circles.hasTurned("a", 64)).toBe(true);
  });

  it.each([
    { afterMs: 499, isKnown: true },
    { afterMs: 999, isKnown: true },
    { afterMs: 1_000, isKnown: false },
  ])("after $afterMs ms a round is still known: $isKnown", ({ afterMs, isKnown }) => {
    const circles = new EchoCircles();
    circles.settle(0);
    circles.hasTurned("a", 64);
    for (let nowMs = 1; nowMs <= afterMs; nowMs++) circles.settle(nowMs);
    expect(circles.hasTurned("a", 62)).toBe(isKnown);
  });
});
