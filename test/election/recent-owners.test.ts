import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentOwners } from "#src/election/recent-owners.ts";

const VIP = "192.0.2.200";
const KEPT_MS = 1_000;

function after(owners: readonly string[]): RecentOwners {
  const recent = new RecentOwners(KEPT_MS);
  for (const [index, owner] of owners.entries()) recent.note(VIP, owner, index);
  return recent;
}

describe("RecentOwners", () => {
  it.each([
    { name: "one owner alone has no other to ask", owners: ["n1"], next: { n1: undefined } },
    { name: "two ask each other", owners: ["n1", "n2"], next: { n1: "n2", n2: "n1" } },
    { name: "a third is asked in turn", owners: ["n1", "n3", "n2"], next: { n1: "n2", n2: "n3", n3: "n1" } },
    { name: "an owner that comes back is in the ring once", owners: ["n1", "n2", "n1"], next: { n1: "n2", n2: "n1" } },
    { name: "one that was no owner asks none", owners: ["n1", "n2"], next: { n3: undefined } },
  ])("13 D $name", ({ owners, next }) => {
    const recent = after(owners);
    for (const [node, expected] of Object.entries(next)) expect(recent.nextAfter(node, VIP)).toBe(expected);
  });

  it("13 D an owner counts from the time when another one followed, and no longer than it is kept", () => {
    const recent = new RecentOwners(KEPT_MS);
    recent.note(VIP, "n1", 0);
    recent.note(VIP, "n2", 5_000);
    expect(recent.nextAfter("n2", VIP)).toBe("n1");
    recent.note(VIP, "n2", 5_000 + KEPT_MS);
    expect(recent.nextAfter("n2", VIP)).toBe(undefined);
  });

  it("13 D a node that died is asked no longer, and an address that is gone has no ring", () => {
    const recent = after(["n1", "n2", "n3"]);
    expect(recent.drop("n1")).toEqual([VIP]);
    expect(recent.drop("n1")).toEqual([]);
    expect(recent.nextAfter("n3", VIP)).toBe("n2");
    recent.forget(VIP);
    expect(recent.nextAfter("n3", VIP)).toBe(undefined);
  });

  it("13 D property: from any owner of the ring each other one is reached, and eight are remembered", () => {
    const nodes = fc.array(fc.nat(11), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(nodes, (indexes) => {
        const recent = after(indexes.map((index) => `n${index}`));
        const start = `n${indexes.at(-1)}`;
        const seen = [start];
        for (let at = start; ;) {
          const next = recent.nextAfter(at, VIP);
          if (next === undefined || next === start) break;
          seen.push((at = next));
        }
        const latest = [...new Set(indexes.toReversed())].slice(0, seen.length).map((index) => `n${index}`);
        expect(seen.length).toBeLessThanOrEqual(9);
        expect(new Set(seen)).toEqual(new Set(latest));
      }),
    );
  });
});
