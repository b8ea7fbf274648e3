import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashText } from "#src/balancing/hash-text.ts";
import { leastConnections } from "#src/balancing/least-connections.ts";
import { lowerCostOfTwo, observeResponse, startAverages } from "#src/balancing/lower-cost-of-two.ts";
import type { PolicyRequest } from "#src/balancing/policy.ts";
import { highestScore, oneOfHighest } from "#src/balancing/highest-score.ts";
import { newLoad } from "#src/balancing/endpoint-load.ts";
import { Dice } from "#test/assignment/dice.ts";
import { chiSquare, countPicks, groupOf, requestOf } from "./groups.ts";

/** Requests with this many different hashes, such as of client addresses. */
function* hashed(count: number, seed = 1): Generator<PolicyRequest> {
  const base = requestOf({}, seed);
  for (let index = 0; index < count; index++) yield { ...base, hash: hashText(`198.51.${index >> 8}.${index & 255}`) };
}

describe("leastConnections()", () => {
  it("takes turns where all are idle", () => {
    const group = groupOf(4);
    const requests = Array.from({ length: 1_000 }, (_, index) => requestOf({ turn: index % 4 }));
    expect(countPicks({ group, policy: leastConnections }, requests)).toEqual([250, 250, 250, 250]);
  });

  it("fills up the endpoints with the fewest requests first, until all have as many", () => {
    const group = groupOf(3);
    [5, 0, 2].forEach((underWay, index) => (group.loads[index]!.underWay = underWay));
    const picked: number[] = [];
    for (let request = 0; request < 8; request++) {
      const index = leastConnections(group, group.all, requestOf({ turn: (picked.at(-1) ?? -1) + 1 }));
      group.loads[index]!.underWay += 1;
      picked.push(index);
    }
    expect(picked).toEqual([1, 1, 2, 1, 2, 1, 2, 1]);
    expect(group.loads.map(({ underWay }) => underWay)).toEqual([5, 5, 5]);
  });

  it("gives an endpoint that takes ten times as long a tenth of the requests of another", () => {
    const group = groupOf(3);
    const ends: { readonly atMs: number; readonly index: number }[] = [];
    const counts = [0, 0, 0];
    let turn = 0;
    for (let nowMs = 0; nowMs < 20_000; nowMs += 1) {
      for (const { index } of ends.filter(({ atMs }) => atMs === nowMs)) group.loads[index]!.underWay -= 1;
      const index = leastConnections(group, group.all, requestOf({ turn }));
      turn = index + 1;
      group.loads[index]!.underWay += 1;
      counts[index]! += 1;
      ends.push({ atMs: nowMs + (index === 2 ? 100 : 10), index });
      while (ends.length > 400) ends.shift();
    }
    expect(counts[2]! / counts[0]!).toBeGreaterThan(0.08);
    expect(counts[2]! / counts[0]!).toBeLessThan(0.13);
    expect(Math.abs(counts[0]! - counts[1]!)).toBeLessThan(200);
  });
});

describe("lowerCostOfTwo()", () => {
  it("picks equally fast endpoints equally often", () => {
    const group = groupOf(10);
    for (const load of group.loads) observeResponse(load, 5, 0);
    const request = requestOf();
    const counts = countPicks(
      { group, policy: lowerCostOfTwo },
      Array.from({ length: 10_000 }, () => request),
    );
    // 9 degrees of freedom: 27.9 is passed once in a thousand.
    expect(chiSquare(counts)).toBeLessThan(27.9);
  });

  it("never picks the slowest of all, and the fastest whenever it is one of the two", () => {
    const group = groupOf(4);
    group.loads.forEach((load, index) => observeResponse(load, 10 * (index + 1), 0));
    const request = requestOf();
    const counts = countPicks(
      { group, policy: lowerCostOfTwo },
      Array.from({ length: 6_000 }, () => request),
    );
    expect(counts[3]).toBe(0);
    // Of the six pairs the fastest is in three, the second decides two, the third one.
    [3_000, 2_000, 1_000].forEach((expected, index) => expect(Math.abs(counts[index]! - expected)).toBeLessThan(130));
  });

  it("counts the requests under way: the fast one with a queue costs more than an idle slower one", () => {
    const group = groupOf(2);
    observeResponse(group.loads[0]!, 10, 0);
    observeResponse(group.loads[1]!, 30, 0);
    expect(lowerCostOfTwo(group, group.all, requestOf())).toBe(0);
    group.loads[0]!.underWay = 3;
    expect(lowerCostOfTwo(group, group.all, requestOf())).toBe(1);
  });

  it("asks a slow endpoint again after some time: its average fades", () => {
    const group = groupOf(2);
    observeResponse(group.loads[0]!, 1_000, 0);
    observeResponse(group.loads[1]!, 10, 40_000);
    expect(lowerCostOfTwo(group, group.all, requestOf({ nowMs: 40_000 }))).toBe(1);
    observeResponse(group.loads[1]!, 10, 60_000);
    expect(lowerCostOfTwo(group, group.all, requestOf({ nowMs: 60_000 }))).toBe(0);
  });

  it("picks the only one there is", () => {
    expect(lowerCostOfTwo(groupOf(3), [2], requestOf())).toBe(2);
  });
});

describe("observeResponse()", () => {
  it.each([
    { name: "takes a longer time at once", responseMs: 80, atMs: 0, averageMs: 80 },
    { name: "takes little of a shorter one right after", responseMs: 10, atMs: 0, averageMs: 50 },
    { name: "takes 63 % of a shorter one after 10 s", responseMs: 10, atMs: 10_000, averageMs: 24.7 },
    { name: "forgets after minutes", responseMs: 10, atMs: 120_000, averageMs: 10 },
  ])("$name", ({ responseMs, atMs, averageMs }) => {
    const load = newLoad();
    observeResponse(load, 50, 0);
    observeResponse(load, responseMs, atMs);
    expect(load.averageMs).toBeCloseTo(averageMs, 1);
  });
});

describe("startAverages()", () => {
  it("gives a new endpoint the mean of the others, so that it does not get all requests", () => {
    const group = groupOf(3);
    observeResponse(group.loads[0]!, 10, 0);
    observeResponse(group.loads[1]!, 30, 0);
    startAverages(group.loads, 0);
    expect(group.loads.map(({ averageMs }) => averageMs)).toEqual([10, 30, 20]);
  });
});

describe("highestScore()", () => {
  it.each([2, 3, 10, 50])("spreads 20,000 hashes evenly over %d endpoints", (count) => {
    const counts = countPicks({ group: groupOf(count), policy: highestScore }, hashed(20_000));
    // Where chance is fair this is passed less than once in ten thousand.
    expect(chiSquare(counts)).toBeLessThan(count - 1 + 5 * Math.sqrt(2 * (count - 1)) + 5);
  });

  it("moves the hashes of an endpoint that goes, and no others; those evenly", () => {
    const group = groupOf(10);
    const without = group.all.filter((index) => index !== 3);
    const moved = group.all.map(() => 0);
    for (const request of hashed(20_000)) {
      const before = highestScore(group, group.all, request);
      const after = highestScore(group, without, request);
      if (before === 3) moved[after]! += 1;
      else expect(after).toBe(before);
    }
    expect(moved[3]).toBe(0);
    // 8 degrees of freedom.
    expect(chiSquare(moved.filter((_, index) => index !== 3))).toBeLessThan(26.1);
  });

  it("moves hashes to a new endpoint only, and about its share of them", () => {
    const group = groupOf(11);
    const before = group.all.slice(0, 10);
    let moved = 0;
    for (const request of hashed(20_000)) {
      const after = highestScore(group, group.all, request);
      if (after === highestScore(group, before, request)) continue;
      expect(after).toBe(10);
      moved += 1;
    }
    expect(Math.abs(moved - 20_000 / 11)).toBeLessThan(160);
  });

  it("property: whatever is taken out of the list, the pick stays while it is in it, in any order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (count, hash, seed) => {
          const group = groupOf(count);
          const dice = new Dice(seed);
          const request = requestOf({ hash });
          const picked = highestScore(group, group.all, request);
          const rest = dice.shuffled([picked, ...dice.some(group.all.filter((index) => index !== picked))]);
          return highestScore(group, rest, request) === picked;
        },
      ),
    );
  });
});

describe("oneOfHighest()", () => {
  it("sends one hash to three endpoints, to each equally often", () => {
    const group = groupOf(10);
    const request = requestOf({ hash: hashText("/hot") });
    const counts = countPicks(
      { group, policy: oneOfHighest(3) },
      Array.from({ length: 9_000 }, () => request),
    );
    const asked = counts.filter((count) => count > 0);
    expect(asked).toHaveLength(3);
    expect(chiSquare(asked)).toBeLessThan(13.8);
  });

  it("spreads all hashes evenly", () => {
    const counts = countPicks({ group: groupOf(10), policy: oneOfHighest(3) }, hashed(20_000));
    expect(chiSquare(counts)).toBeLessThan(27.9);
  });

  it("picks any of the endpoints where there are fewer than the subset has", () => {
    const request = requestOf({ hash: 7 });
    const policy = oneOfHighest(5);
    const counts = countPicks(
      { group: groupOf(2), policy },
      Array.from({ length: 2_000 }, () => request),
    );
    expect(chiSquare(counts)).toBeLessThan(10.8);
  });
});
