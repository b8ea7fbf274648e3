import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentMap } from "#src/collections/recent-map.ts";

/** The same by the order of a Map, which is simple and slow. */
class PlainRecentMap {
  readonly entries = new Map<string, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): number | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: string, value: number): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.#limit) this.entries.delete([...this.entries.keys()][0]!);
  }
}

const step = fc.record({
  verb: fc.constantFrom("get", "set", "delete"),
  key: fc.constantFrom("a", "b", "c", "d", "e"),
  value: fc.nat(),
});

describe("RecentMap", () => {
  it("keeps what was used last, whatever is done in whatever order", () => {
    const isSame = fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), (limit, steps) => {
      const [map, plain] = [new RecentMap<number>(limit), new PlainRecentMap(limit)];
      for (const { verb, key, value } of steps) {
        if (verb === "get") expect(map.get(key)).toBe(plain.get(key));
        if (verb === "set") [map, plain].forEach((one) => one.set(key, value));
        if (verb === "delete") [map, plain.entries].forEach((one) => void one.delete(key));
        expect(map.size).toBe(plain.entries.size);
        expect(map.oldest).toBe([...plain.entries.keys()][0]);
      }
    });
    fc.assert(isSame, { numRuns: 500 });
  });
});
