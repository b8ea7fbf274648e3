import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCidr } from "#src/ip/cidr.ts";
import { type Watcher, WATCHERS, watchersOf } from "#src/election/watchers.ts";

const [lan, other] = ["192.0.2.0/24", "198.51.100.0/24"].map((text) => parseCidr(text) ?? expect.fail(text));

function watcher(node: string, changes: Partial<Watcher> = {}): Watcher {
  return { node, ready: true, leaving: false, subnets: [lan!], ...changes };
}

/** Members of which some are not ready, leave, or are in another network. */
const anyMembers = fc
  .uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 60 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers.map((number) =>
        fc
          .constantFrom<Partial<Watcher>>({}, {}, {}, {}, { ready: false }, { leaving: true }, { subnets: [other!] })
          .map((changes) => watcher(`node-${number}`, changes)),
      ),
    ),
  );

const isAble = ({ ready, leaving, subnets }: Watcher): boolean => ready && !leaving && subnets.includes(lan!);

describe("watchersOf()", () => {
  it("A1 every node has WATCHERS watchers, or all others where there are fewer, and never itself", () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        for (const watched of members) {
          const watchers = watchersOf(watched, members);
          expect(new Set(watchers).size).toBe(Math.min(WATCHERS, members.length - 1));
          expect(watchers).not.toContain(watched.node);
        }
      }),
    );
  });

  it("A1 members that are able to take over come before those that are not", () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const watched = watcher("node-0");
        const able = new Set(members.filter(isAble).map(({ node }) => node));
        const watchers = watchersOf(watched, members);
        expect(watchers.filter((node) => able.has(node))).toHaveLength(Math.min(WATCHERS, able.size));
      }),
    );
  });

  it("A1 is the same for equal members in any order", () => {
    fc.assert(
      fc.property(anyMembers, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (members, dice) => {
        const shuffled = members
          .map((member) => ({ member, at: dice.next().value ?? 0 }))
          .sort((left, right) => left.at - right.at);
        for (const watched of members)
          expect(
            watchersOf(
              watched,
              shuffled.map(({ member }) => member),
            ),
          ).toEqual(watchersOf(watched, members));
      }),
      { numRuns: 30 },
    );
  });

  it("A1 a member that comes or goes changes one watcher at most of each other node", () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const [gone, ...left] = members;
        for (const watched of left) {
          const before = new Set(watchersOf(watched, members));
          const kept = watchersOf(watched, left).filter((node) => before.has(node));
          expect(kept.length).toBeGreaterThanOrEqual(before.size - 1);
          if (gone !== undefined && !before.has(gone.node)) expect(kept.length).toBe(before.size);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("A1 spreads watching: of 1,000 nodes none watches more than four times its share", () => {
    const members = Array.from({ length: 1_000 }, (_, index) => watcher(`node-${index}`));
    const watches = new Map<string, number>();
    for (const member of members.slice(0, 400))
      for (const node of watchersOf(member, members)) watches.set(node, (watches.get(node) ?? 0) + 1);
    expect(Math.max(...watches.values())).toBeLessThanOrEqual(4 * WATCHERS);
  });
});
