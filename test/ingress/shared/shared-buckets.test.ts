import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUCKETS_SHAPE, SharedBuckets } from "#ingress/shared/shared-buckets.ts";
import { SharedTable } from "#ingress/shared/shared-table.ts";
import { KeyedBuckets } from "#src/filters/keyed-buckets.ts";
import { exactLimit } from "#src/filters/leaky-bucket.ts";

const secret = "s";
const small = { ...BUCKETS_SHAPE, sets: 1, ways: 4 };

function workers(count: number, shape = BUCKETS_SHAPE): readonly SharedBuckets[] {
  const memory = SharedTable.memory(shape);
  return Array.from(
    { length: count },
    (_, at) => new SharedBuckets(new SharedTable(memory, shape, { owner: at + 1, secret })),
  );
}

describe("SharedBuckets", () => {
  it("decides as one thread alone would, whichever worker is asked", () => {
    const step = fc.record({
      pauseMs: fc.nat({ max: 3_000 }),
      worker: fc.nat({ max: 2 }),
      keys: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }),
      owner: fc.constantFrom("shop", "other"),
      requests: fc.constantFrom(1, 5, 60),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const shared = workers(3);
        const alone = new KeyedBuckets();
        let nowMs = 0;
        for (const { pauseMs, worker, keys, owner, requests } of steps) {
          nowMs += pauseMs;
          const uses = keys.map((key) => ({ bucket: `${key} ${requests}`, limit: exactLimit(requests, 10, 3) }));
          expect(shared[worker]!.waitMs(owner, uses, nowMs)).toBe(alone.waitMs(owner, uses, nowMs));
          expect(shared[worker]!.admit(owner, uses, nowMs)).toBe(alone.admit(owner, uses, nowMs));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("forgets of the owner with the most buckets, so that none pays for the flood of another", () => {
    const [one, other] = workers(2, small);
    const use = (bucket: string) => [{ bucket, limit: exactLimit(1, 3_600, 1) }];
    expect(one!.admit("quiet", use("q"), 0)).toBe(0);
    for (let client = 0; client < 1_000; client++) expect(other!.admit("flood", use(String(client)), client)).toBe(0);
    expect(one!.admit("quiet", use("q"), 1_000)).toBeGreaterThan(0);
  });
});
