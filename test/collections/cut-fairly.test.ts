import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutFairly } from "#src/collections/cut-fairly.ts";

const ownerOf = (item: string): string => item.slice(0, 1);

describe("cutFairly()", () => {
  it.each([
    { name: "all where there is room", items: "a1 a2 b1", max: 3, kept: "a1 a2 b1" },
    { name: "the last ones of one owner", items: "a1 a2 a3", max: 2, kept: "a2 a3" },
    { name: "all of an owner that has few", items: "b1 a1 a2 a3 a4", max: 3, kept: "b1 a3 a4" },
    { name: "as many of each where all have much", items: "a1 a2 a3 b1 b2 b3", max: 4, kept: "a2 a3 b2 b3" },
    { name: "one more of the last owner where it is not even", items: "a1 b1 a2 b2", max: 3, kept: "b1 a2 b2" },
  ])("keeps $name", ({ items, max, kept }) => {
    expect(cutFairly(items.split(" "), { max, ownerOf }).join(" ")).toBe(kept);
  });

  it("drops the first ones of those that have most, one after the other", () => {
    const owners = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 40 });
    fc.assert(
      fc.property(owners, fc.nat(40), (given, max) => {
        const items = given.map((owner, at) => `${owner}${at}`);
        const kept = cutFairly(items, { max, ownerOf });
        expect(kept).toEqual(items.filter((item) => kept.includes(item)));
        expect(kept.length).toBe(Math.min(max, items.length));
        const [before, after] = [items, kept].map((all) => Map.groupBy(all, ownerOf));
        const most = Math.max(0, ...[...(after?.values() ?? [])].map(({ length }) => length));
        for (const [owner, all] of before ?? []) {
          const left = after?.get(owner) ?? [];
          expect(left).toEqual(all.slice(all.length - left.length));
          if (left.length < all.length) expect(left.length).toBeGreaterThanOrEqual(most - 1);
        }
      }),
    );
  });
});
