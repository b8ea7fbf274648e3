import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairRecentMap } from "#src/collections/fair-recent-map.ts";

const filled = (limit: number, entries: readonly (readonly [owner: string, key: string, weight: number])[]) => {
  const map = new FairRecentMap<string>(limit);
  for (const [owner, key, weight] of entries) map.set(owner, key, { value: key, weight });
  return map;
};

describe("FairRecentMap", () => {
  it("drops what the owner that has most used longest ago", () => {
    const map = filled(6, [
      ["a", "a1", 2],
      ["b", "b1", 1],
      ["a", "a2", 1],
    ]);
    map.get("a", "a1");
    map.set("c", "c1", { value: "c1", weight: 3 });
    expect([map.get("a", "a1"), map.get("a", "a2"), map.get("b", "b1"), map.get("c", "c1")]).toEqual([
      "a1",
      undefined,
      "b1",
      "c1",
    ]);
  });

  it("keeps what an owner has, however much another one puts in", () => {
    const map = filled(10, [["a", "a1", 1]]);
    for (let index = 0; index < 100; index++) map.set("b", `b${index}`, { value: "", weight: 1 });
    expect([map.get("a", "a1"), map.weight]).toEqual(["a1", 10]);
  });

  it("drops an entry that is larger than all", () => {
    expect(filled(3, [["a", "a1", 4]]).weight).toBe(0);
  });

  it("counts a key once, with its last weight", () => {
    expect(
      filled(9, [
        ["a", "a1", 4],
        ["a", "a1", 2],
      ]).weight,
    ).toBe(2);
  });

  it("never weighs more than its limit, and knows what it weighs", () => {
    const operation = fc.tuple(
      fc.constantFrom("a", "b", "c"),
      fc.constantFrom("1", "2", "3", "4"),
      fc.nat(5),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const map = new FairRecentMap<number>(8);
        for (const [owner, key, weight, isSet] of operations) {
          if (isSet) map.set(owner, key, { value: weight, weight });
          else map.delete(owner, key);
          expect(map.weight).toBeLessThanOrEqual(8);
        }
        const left = ["a", "b", "c"].flatMap((owner) => ["1", "2", "3", "4"].map((key) => map.get(owner, key) ?? 0));
        expect(left.reduce((sum, weight) => sum + weight, 0)).toBe(map.weight);
      }),
    );
  });
});
