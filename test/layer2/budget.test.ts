import { describe, expect, it } from "vitest";
import { type Budget, fullBudget, refill, type Spending, spend, timeOfNext } from "#src/layer2/budget.ts";

/** How many can be spent at once. */
function drain(budget: Budget, spending: Spending): number {
  const after = spend(budget, spending);
  return after === undefined ? 0 : 1 + drain(after, spending);
}

describe("budget", () => {
  it.each([
    { spending: "first", atOnce: 1_000, perSecond: 20_000 },
    { spending: "repeat", atOnce: 200, perSecond: 1_000 },
    { spending: "question", atOnce: 200, perSecond: 1_000 },
    { spending: "echo", atOnce: 200, perSecond: 1_000 },
  ] as const)(
    "allows $atOnce rounds ($spending) at once, then $perSecond a second",
    ({ spending, atOnce, perSecond }) => {
      expect(drain(fullBudget(0), spending)).toBe(atOnce);
      expect(drain(refill(fullBudget(0), 1_000_000), spending)).toBe(atOnce);
      const empty = { ...fullBudget(0), [spending]: 0 };
      expect(drain(refill(empty, 10), spending)).toBe(perSecond / 100);
    },
  );

  it("spends of one kind only", () => {
    const { first, repeat } = spend(fullBudget(0), "repeat") ?? expect.fail("allowed");
    expect({ first, repeat }).toEqual({ first: 1_000, repeat: 199 });
  });

  it("is not refilled by a time that is not later", () => {
    const budget = { first: 0, repeat: 0, question: 0, echo: 0, atMs: 1_000 };
    expect(refill(budget, 1_000)).toEqual(budget);
    expect(refill(budget, 0)).toEqual(budget);
  });

  it("says when the next round is allowed", () => {
    expect(timeOfNext({ ...fullBudget(1_000), repeat: 0.25 }, "repeat")).toBe(1_001);
    expect(timeOfNext({ ...fullBudget(1_000), first: 3 }, "first")).toBe(1_000);
  });
});
