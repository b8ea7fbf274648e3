import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyedBuckets } from "#src/filters/keyed-buckets.ts";
import { exactLimit, waitMs } from "#src/filters/leaky-bucket.ts";
import { limitReqModel } from "./nginx-limit-req.ts";

const SECONDS = fc.constantFrom(1, 60, 3_600, 86_400);
const times = fc.array(fc.nat({ max: 90_000 }), { minLength: 1, maxLength: 200 });

/** When each request comes, from the pauses between them. */
function moments(pauses: readonly number[]): readonly number[] {
  let nowMs = 0;
  return pauses.map((pause) => (nowMs += pause));
}

describe("R KeyedBuckets", () => {
  it("lets in no more than burst + rate * time in any window, and refuses none that would be within", () => {
    const limit = fc.record({
      requests: fc.integer({ min: 1, max: 500 }),
      seconds: SECONDS,
      burst: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(limit, times, ({ requests, seconds, burst }, pauses) => {
        const state = new KeyedBuckets();
        const uses = [{ bucket: "b", limit: exactLimit(requests, seconds, burst) }];
        const admitted: number[] = [];
        for (const nowMs of moments(pauses)) {
          const wait = state.admit("shop", uses, nowMs);
          const most = (from: number) => burst + (requests * (nowMs - from)) / (seconds * 1_000);
          const isWithin = [...admitted, nowMs].every((from, index) => admitted.length - index + 1 <= most(from));
          expect(wait === 0).toBe(isWithin);
          if (wait === 0) admitted.push(nowMs);
        }
      }),
    );
  });

  it("says how long to wait: no millisecond less, and no more", () => {
    const limit = fc.record({
      requests: fc.integer({ min: 1, max: 500 }),
      seconds: SECONDS,
      burst: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(limit, times, ({ requests, seconds, burst }, pauses) => {
        const state = new KeyedBuckets();
        const uses = [{ bucket: "b", limit: exactLimit(requests, seconds, burst) }];
        for (const nowMs of moments(pauses)) {
          const wait = state.admit("shop", uses, nowMs);
          if (wait === 0) continue;
          expect(state.waitMs("shop", uses, nowMs + wait)).toBe(0);
          expect(state.waitMs("shop", uses, nowMs + wait - 1)).toBe(1);
        }
      }),
    );
  });

  it("decides as nginx does where that counts exactly: whole requests a second", () => {
    const limit = fc.record({ requests: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(limit, fc.array(fc.nat({ max: 3_000 }), { maxLength: 300 }), ({ requests, burst }, pauses) => {
        const state = new KeyedBuckets();
        const uses = [{ bucket: "b", limit: exactLimit(requests, 1, burst) }];
        const model = limitReqModel([{ requests, seconds: 1, burst: burst - 1 }]);
        const all = moments(pauses);
        expect(all.map((nowMs) => state.admit("shop", uses, nowMs) === 0)).toEqual(
          all.map((nowMs) => model.admit(nowMs)),
        );
      }),
    );
  });

  it("counts a request for all of several limits, or for none", () => {
    const state = new KeyedBuckets();
    const fast = { bucket: "fast", limit: exactLimit(1, 1, 1) };
    const slow = { bucket: "slow", limit: exactLimit(1, 60, 2) };
    const asked = [0, 0, 1_000, 2_000, 59_999, 60_000].map((nowMs) => state.admit("shop", [fast, slow], nowMs));
    // The second was refused by the fast one, and so the slow one still had one for the third.
    expect(asked).toEqual([0, 1_000, 0, 58_000, 1, 0]);
  });

  it("counts each bucket and namespace alone", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("x", "y"), fc.nat({ max: 2_000 }))),
        (asked) => {
          const together = new KeyedBuckets();
          const alone = new Map<string, KeyedBuckets>();
          const limit = exactLimit(1, 1, 2);
          let nowMs = 0;
          for (const [namespace, bucket, pause] of asked) {
            nowMs += pause;
            const of = `${namespace}/${bucket}`;
            if (!alone.has(of)) alone.set(of, new KeyedBuckets());
            const uses = [{ bucket, limit }];
            expect(together.admit(namespace, uses, nowMs)).toBe(alone.get(of)!.admit(namespace, uses, nowMs));
          }
        },
      ),
    );
  });

  it("counts on where a store has let in more: a full bucket stays full", () => {
    const state = new KeyedBuckets();
    const uses = [{ bucket: "b", limit: exactLimit(1, 1, 1) }];
    for (let count = 0; count < 5; count++) state.count("shop", uses, 0);
    expect(state.waitMs("shop", uses, 0)).toBe(1_000);
  });

  it("forgets what says nothing any longer, and nothing else: one request a day is not two", () => {
    const state = new KeyedBuckets();
    const [day, second] = [exactLimit(1, 86_400, 1), exactLimit(1, 1, 1)];
    state.admit(
      "shop",
      [
        { bucket: "day", limit: day },
        { bucket: "second", limit: second },
      ],
      0,
    );
    state.forgetOld(999);
    expect(state.size).toBe(2);
    state.forgetOld(1_000);
    expect(state.size).toBe(1);
    state.forgetOld(86_399_999);
    expect(state.waitMs("shop", [{ bucket: "day", limit: day }], 86_399_999)).toBe(1);
    state.forgetOld(86_400_000);
    expect(state.size).toBe(0);
  });

  it("lets a flood to one namespace push out nothing of another", () => {
    const limit = exactLimit(1, 86_400, 1);
    const state = new KeyedBuckets(10);
    state.admit("quiet", [{ bucket: "one", limit }], 0);
    for (let index = 0; index < 100; index++) state.admit("loud", [{ bucket: `b${index}`, limit }], index);
    expect(state.size).toBe(10);
    expect(state.waitMs("quiet", [{ bucket: "one", limit }], 100)).toBeGreaterThan(0);
    expect(state.waitMs("loud", [{ bucket: "b99", limit }], 100)).toBeGreaterThan(0);
    expect(state.waitMs("loud", [{ bucket: "b0", limit }], 100)).toBe(0);
    // A namespace that comes when all is full takes its place from the largest one.
    state.admit("late", [{ bucket: "one", limit }], 100);
    expect(state.size).toBe(10);
    expect(state.waitMs("late", [{ bucket: "one", limit }], 100)).toBeGreaterThan(0);
    const left = Array.from({ length: 100 }, (_, index) => state.waitMs("loud", [{ bucket: `b${index}`, limit }], 100));
    expect(left.filter((wait) => wait > 0)).toHaveLength(8);
  });
});

describe("R exactLimit()", () => {
  it("is exact for the largest numbers: a million a day", () => {
    const limit = exactLimit(1_000_000, 86_400, 1_000_000);
    expect(Number.isSafeInteger(limit.unit * (limit.burst + 1))).toBe(true);
    expect(waitMs({ excess: limit.burst * limit.unit, lastMs: 0 }, limit, 0)).toBe(87);
  });
});
