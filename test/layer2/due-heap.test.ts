import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DueHeap } from "#src/layer2/due-heap.ts";

describe("DueHeap", () => {
  it("gives out what is due, the earliest first, and keeps the rest, as a sorted list would", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add"), ms: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ kind: fc.constant("take"), ms: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ kind: fc.constant("reset"), ms: fc.integer({ min: 0, max: 50 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new DueHeap<{ readonly dueMs: number }>();
        let sorted: number[] = [];
        for (const { kind, ms } of steps) {
          if (kind === "add") {
            heap.add({ dueMs: ms });
            sorted = [...sorted, ms].sort((left, right) => left - right);
          } else if (kind === "take") {
            expect(heap.takeDue(ms).map(({ dueMs }) => dueMs)).toEqual(sorted.filter((dueMs) => dueMs <= ms));
            sorted = sorted.filter((dueMs) => dueMs > ms);
          } else {
            heap.reset([{ dueMs: ms }, { dueMs: 7 }]);
            sorted = [ms, 7].sort((left, right) => left - right);
          }
          expect(heap.nextMs).toBe(sorted[0] ?? Infinity);
          expect(heap.size).toBe(sorted.length);
        }
      }),
    );
  });
});
