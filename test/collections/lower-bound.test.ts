import { lowerBound } from "#src/collections/lower-bound.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("lowerBound()", () => {
  it("is where a look at all items in turn ends", () => {
    const small = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(fc.array(small), small, (numbers, sought) => {
        const sorted = numbers.toSorted((left, right) => left - right);
        const first = sorted.findIndex((number) => number >= sought);
        expect(lowerBound(sorted, (number) => number < sought)).toBe(first === -1 ? sorted.length : first);
      }),
    );
  });
});
