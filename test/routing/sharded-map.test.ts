import { describe, expect, it } from "vitest";
import { emptyShardedMap, shardedEntries, withEntries } from "#src/routing/sharded-map.ts";

const before = withEntries(emptyShardedMap<number>(), [
  ["a", 1],
  ["b", 2],
]);

describe("withEntries()", () => {
  it.each([
    { name: "what removes nothing", changes: [["c", undefined]] as const, copied: 0, after: { a: 1, b: 2 } },
    { name: "what removes an entry", changes: [["a", undefined]] as const, copied: 1, after: { b: 2 } },
    { name: "what replaces an entry", changes: [["a", 3]] as const, copied: 1, after: { a: 3, b: 2 } },
    {
      name: "what adds an entry and removes it",
      changes: [
        ["c", 3],
        ["c", undefined],
      ] as const,
      copied: 1,
      after: { a: 1, b: 2 },
    },
  ])("$name copies $copied shards", ({ changes, copied, after }) => {
    const map = withEntries(before, changes);
    expect(map.shards.filter((shard, index) => shard !== before.shards[index])).toHaveLength(copied);
    expect(Object.fromEntries(shardedEntries(map))).toEqual(after);
    expect(map.size).toBe(Object.keys(after).length);
    expect(Object.fromEntries(shardedEntries(before))).toEqual({ a: 1, b: 2 });
  });
});
