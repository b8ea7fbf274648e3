import { Heap } from "#src/collections/heap.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("Heap", () => {
  it("shows after any pushes and pops what a sorted list shows", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(undefined))), (steps) => {
        const heap = new Heap<number>((left, right) => left < right);
        const sorted: number[] = [];
        for (const step of steps) {
          if (step === undefined) heap.pop();
          else heap.push(step);
          if (step === undefined) sorted.shift();
          else sorted.push(step);
          sorted.sort((left, right) => left - right);
          expect(heap.first).toBe(sorted[0]);
        }
      }),
    );
  });
});
