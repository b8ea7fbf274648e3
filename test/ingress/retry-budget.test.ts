import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { RetryBudget } from "#ingress/engine/endpoints/retry-budget.ts";

/** How many of this many attempts in a row are allowed. */
function allowedOf(budget: RetryBudget, attempts: number, nowMs: number): number {
  return Array.from({ length: attempts }, () => budget.take(nowMs)).filter(Boolean).length;
}

describe("RetryBudget", () => {
  it("G lets a thousand requests be sent again at once, then one in five", () => {
    const budget = new RetryBudget(0);
    expect(allowedOf(budget, 2_000, 0)).toBe(1_000);
    for (let count = 0; count < 100; count++) budget.addRequest();
    expect(allowedOf(budget, 100, 0)).toBeLessThanOrEqual(20);
  });

  it("G lets ten a second be sent again of a backend that has few requests", () => {
    const budget = new RetryBudget(0);
    allowedOf(budget, 2_000, 0);
    expect([100, 200, 1_200].map((nowMs) => allowedOf(budget, 100, nowMs))).toEqual([1, 1, 10]);
  });

  it("G never allows more than was saved and added, whatever comes in whatever order", () => {
    assert(
      property(array(constantFrom("request", "take", "second"), { maxLength: 3_000 }), (steps) => {
        const budget = new RetryBudget(0);
        let [nowMs, taken, requests] = [0, 0, 0];
        for (const step of steps) {
          if (step === "second") nowMs += 1_000;
          else if (step === "take") taken += Number(budget.take(nowMs));
          else {
            budget.addRequest();
            requests += 1;
          }
        }
        expect(taken).toBeLessThanOrEqual(1_000 + requests / 5 + nowMs / 100);
      }),
    );
  });
});
