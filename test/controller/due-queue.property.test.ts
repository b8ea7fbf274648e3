import { DueQueue } from "#controller/due-queue.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

/** What a test does: sets when a key is due (undefined: never), or takes what is due by then. */
const step = fc.oneof(
  fc.record({
    key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g"),
    dueMs: fc.option(fc.integer({ max: 20 }), { nil: undefined }),
  }),
  fc.record({ takeMs: fc.integer({ max: 20 }) }),
);

describe("DueQueue", () => {
  it("names each key once, the earliest first, as a list that is searched whole does", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new DueQueue();
        const model = new Map<string, number>();
        for (const one of steps) {
          if ("key" in one) {
            queue.set(one.key, one.dueMs);
            if (one.dueMs === undefined) model.delete(one.key);
            else model.set(one.key, one.dueMs);
          } else {
            const due = [...model].filter(([, dueMs]) => dueMs <= one.takeMs);
            const taken = queue.take(one.takeMs);
            expect(taken.map((key) => model.get(key))).toEqual(due.map(([, ms]) => ms).sort((a, b) => a - b));
            expect(new Set(taken)).toEqual(new Set(due.map(([key]) => key)));
            for (const key of taken) model.delete(key);
          }
          const nextMs = Math.min(...model.values());
          expect(queue.nextInMs(0)).toBe(model.size === 0 ? undefined : Math.max(0, nextMs));
        }
      }),
    );
  });
});
