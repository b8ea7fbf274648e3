import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DirtyAddresses } from "#speaker/dirty-addresses.ts";

const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe("DirtyAddresses", () => {
  it("gives what was marked at once, and what may wait in portions, those first that have waited longest", () => {
    const dirty = new DirtyAddresses();
    dirty.markLater(named("later", 150));
    dirty.mark(named("now", 100));
    expect([...dirty.take()]).toEqual([...named("now", 100), ...named("later", 64)]);
    dirty.markLater(named("newer", 10));
    expect([...dirty.take()]).toEqual(named("later", 128).slice(64));
    expect([...dirty.take()]).toEqual([...named("later", 150).slice(128), ...named("newer", 10)]);
    expect([dirty.isMarked, [...dirty.take()]]).toEqual([false, []]);
  });

  it("gives all at once where all are marked, and nothing of it again", () => {
    const dirty = new DirtyAddresses();
    dirty.markLater(named("a", 100));
    dirty.markAll();
    expect([...dirty.take(named("a", 100), named("b", 100))]).toEqual([...named("a", 100), ...named("b", 100)]);
    expect(dirty.isMarked).toBe(false);
  });

  it("gives each address once, whatever was marked how", () => {
    const keys = fc.array(fc.integer({ min: 0, max: 300 }).map(String), { maxLength: 300 });
    fc.assert(
      fc.property(keys, keys, (now, later) => {
        const dirty = new DirtyAddresses();
        dirty.markLater(later);
        dirty.mark(now);
        const given: string[] = [];
        while (dirty.isMarked) given.push(...dirty.take());
        expect(given.toSorted()).toEqual([...new Set([...now, ...later])].toSorted());
      }),
    );
  });
});
