import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DirtyAddresses } from "#speaker/dirty-addresses.ts";

const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** Takes all portions of what is begun with. */
function takeAll(dirty: DirtyAddresses): string[][] {
  const portions: string[][] = [];
  while (dirty.hasMore) portions.push([...dirty.take()]);
  return portions;
}

describe("DirtyAddresses", () => {
  it("gives what was marked portion by portion, then one portion of what may wait, those first that have waited longest", () => {
    const dirty = new DirtyAddresses();
    dirty.markLater(named("later", 150));
    dirty.mark(named("now", 100));
    dirty.begin();
    const first = takeAll(dirty);
    expect(first.map(({ length }) => length)).toEqual([64, 64, 36]);
    expect(first.flat()).toEqual([...named("now", 100), ...named("later", 64)]);
    dirty.markLater(named("newer", 10));
    dirty.begin();
    expect(takeAll(dirty)).toEqual([named("later", 128).slice(64)]);
    dirty.begin();
    expect(takeAll(dirty)).toEqual([[...named("later", 150).slice(128), ...named("newer", 10)]]);
    expect([dirty.isMarked, [...dirty.take()]]).toEqual([false, []]);
  });

  it("gives all where all are marked, those marked by name first, and nothing of it again", () => {
    const dirty = new DirtyAddresses();
    dirty.markLater(named("a", 100));
    dirty.markAll();
    dirty.mark(named("b", 3));
    dirty.begin(named("a", 100), named("b", 100));
    const [first = [], ...rest] = takeAll(dirty);
    expect(first.slice(0, 4)).toEqual(["b0", "b1", "b2", "a0"]);
    expect([...first, ...rest.flat()].toSorted()).toEqual([...named("a", 100), ...named("b", 100)].toSorted());
    expect(dirty.isMarked).toBe(false);
  });

  it("what is marked while portions are left waits until it is begun with, and comes before what is left then", () => {
    const dirty = new DirtyAddresses();
    dirty.mark(named("old", 100));
    dirty.begin();
    dirty.take();
    dirty.mark(["new", "old99"]);
    expect([...dirty.take()]).toEqual(named("old", 100).slice(64));
    expect(dirty.hasMore).toBe(false);
    dirty.begin();
    expect(takeAll(dirty)).toEqual([["new", "old99"]]);
    dirty.mark(named("old", 100));
    dirty.begin();
    dirty.take();
    dirty.mark(["newest"]);
    dirty.begin();
    expect([...dirty.take()]).toEqual(["newest", ...named("old", 100).slice(64)]);
  });

  it("gives each in its turn where all are marked again before each portion", () => {
    const dirty = new DirtyAddresses();
    const all = named("a", 150);
    dirty.mark(named("a", 150).slice(80));
    const given: string[] = [];
    for (let portions = 0; portions < 4; portions++) {
      dirty.begin(all);
      given.push(...dirty.take());
      dirty.markAll();
    }
    expect(given.slice(0, 70)).toEqual(all.slice(80));
    expect(new Set(given)).toEqual(new Set(all));
    expect(given.slice(0, 150)).toHaveLength(new Set(given.slice(0, 150)).size);
  });

  it("gives each address once, whatever was marked how", () => {
    const keys = fc.array(fc.integer({ min: 0, max: 300 }).map(String), { maxLength: 300 });
    fc.assert(
      fc.property(keys, keys, (now, later) => {
        const dirty = new DirtyAddresses();
        dirty.markLater(later);
        dirty.mark(now);
        const given: string[] = [];
        while (dirty.isMarked) {
          dirty.begin();
          given.push(...takeAll(dirty).flat());
        }
        expect(given.toSorted()).toEqual([...new Set([...now, ...later])].toSorted());
      }),
    );
  });
});
