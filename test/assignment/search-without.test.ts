import { describe, expect, it } from "vitest";
import { indexPools, lowestFree, searchFrom, searchWithout, spaceOf } from "#src/assignment/pool-space.ts";
import type { Ip } from "#src/ip/address.ts";
import { ip, pool } from "./build.ts";

describe("searchWithout()", () => {
  const index = indexPools([pool("a", ["192.0.2.0/24"])]);
  const [low, next, high] = [ip("192.0.2.0"), ip("192.0.2.1"), ip("192.0.2.9")];
  const space = spaceOf(index, low) ?? expect.fail();
  const used = new Set([low.value]);
  const search = (taken: { has(value: bigint): boolean }) => lowestFree(space, taken);
  const without = (...unwanted: readonly Ip[]) => searchWithout(index, { used, unwanted }, search);

  it("leaves what it passed to the next search", () => {
    expect(without(next)).toEqual(ip("192.0.2.2"));
    expect(search(used)).toEqual(next);
  });

  it("remembers nothing of what it did not look at, however often it runs", () => {
    for (let value = low.value; value < low.value + 20n; value++) used.add(value);
    search(used);
    used.clear();
    searchFrom(index, low);
    const before = space.freed.size;
    for (let round = 0; round < 100; round++) expect(without(high)).toEqual(low);
    expect(space.freed.size).toBe(before);
  });
});
