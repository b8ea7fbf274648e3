import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isStandBackReason, type Member, type NodeStanding, type WantedAddress } from "#src/election/member.ts";
import { candidatesFor } from "#src/election/plan.ts";
import { type SpreadMove, spreadMoves, type SpreadView } from "#src/election/spread.ts";
import { parseIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import type { Claim } from "#src/wire/heartbeat.ts";

const lan = parseCidr("192.0.2.0/24") ?? expect.fail("a CIDR");

/** What may be said of an address, but for its owner. */
interface Rules {
  readonly serving?: readonly number[] | undefined;
  readonly scores?: readonly (readonly [node: number, score: number])[] | undefined;
}

interface Given {
  readonly nodes: number;
  /** Of each address the node that announces it, and the rules. */
  readonly addresses: readonly ({ readonly owner: number } & Rules)[];
  readonly standings?: readonly (readonly [node: number, standing: NodeStanding])[];
}

const nodeOf = (index: number): string => `n${index + 1}`;
const keyOf = (index: number): string => `192.0.2.${index}`;

function viewOf({ nodes, addresses, standings = [] }: Given): SpreadView {
  const claimsOf = Array.from({ length: nodes }, () => new Map<string, Claim>());
  const wanted = new Map<string, WantedAddress>();
  for (const [index, { owner, serving, scores = [] }] of addresses.entries()) {
    const ip = parseIp(keyOf(index)) ?? expect.fail("an address");
    claimsOf[owner]?.set(keyOf(index), { ip, term: 1, majority: true });
    wanted.set(keyOf(index), {
      ip,
      forbidden: undefined,
      selected: undefined,
      serving: serving && new Set(serving.map(nodeOf)),
      terminating: new Set(),
      scores: new Map(scores.map(([node, score]) => [nodeOf(node), score])),
    });
  }
  const members = claimsOf.map((claims, index): Member => {
    return { node: nodeOf(index), ready: true, leaving: false, liveSinceMs: 0, subnets: [lan], claims };
  });
  const known = new Map(members.map(({ node }): [string, NodeStanding] => [node, "Usable"]));
  for (const [node, standing] of standings) if (node < nodes) known.set(nodeOf(node), standing);
  return { wanted, members, nodes: known, knownMembers: nodes };
}

/** The view after moves. */
function after(view: SpreadView, moves: readonly SpreadMove[]): SpreadView {
  const claimsOf = new Map(view.members.map(({ node, claims }) => [node, new Map(claims)]));
  for (const { key, from, to } of moves) {
    const claim = claimsOf.get(from)?.get(key) ?? expect.fail(`${from} has ${key}`);
    claimsOf.get(from)?.delete(key);
    claimsOf.get(to)?.set(key, claim);
  }
  return { ...view, members: view.members.map((one) => ({ ...one, claims: claimsOf.get(one.node) ?? new Map() })) };
}

/** Addresses that each member has and may keep: those that it has to let go count for no node. */
function loadsOf(view: SpreadView): number[] {
  const isKept = (member: Member, key: string): boolean =>
    candidatesFor(view, view.wanted.get(key) ?? expect.fail(key)).includes(member);
  return view.members.map((member) => [...member.claims.keys()].filter((key) => isKept(member, key)).length);
}
const descending = (left: number, right: number): number => right - left;
const squares = (view: SpreadView): number => loadsOf(view).reduce((sum, load) => sum + load * load, 0);

const rules = fc.record({
  serving: fc.option(fc.uniqueArray(fc.nat(5), { maxLength: 6 }), { nil: undefined }),
  scores: fc.option(fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 3 })), { maxLength: 3 }), {
    nil: undefined,
  }),
});
const worlds = fc.integer({ min: 1, max: 6 }).chain((nodes) =>
  fc.record({
    nodes: fc.constant(nodes),
    addresses: fc.array(
      fc.tuple(fc.nat(nodes - 1), rules).map(([owner, rest]) => ({ owner, ...rest })),
      { maxLength: 40 },
    ),
    standings: fc.array(fc.tuple(fc.nat(5), fc.constantFrom<NodeStanding>("NodeDraining", "NodeExcluded")), {
      maxLength: 2,
    }),
  }),
);

describe("spreadMoves()", () => {
  it.each([
    { name: "all on one of three", nodes: 3, owners: [0, 0, 0, 0, 0, 0], loads: [2, 2, 2] },
    { name: "one too many stays", nodes: 3, owners: [0, 0, 1, 2], loads: [2, 1, 1] },
    { name: "a node that came back", nodes: 3, owners: [0, 0, 0, 1, 1, 1], loads: [2, 2, 2] },
    { name: "fewer addresses than nodes", nodes: 4, owners: [0, 0], loads: [1, 1, 0, 0] },
    { name: "alone", nodes: 1, owners: [0, 0], loads: [2] },
  ])("13 E $name", ({ nodes, owners, loads }) => {
    const view = viewOf({ nodes, addresses: owners.map((owner) => ({ owner })) });
    expect(loadsOf(after(view, spreadMoves(view))).toSorted(descending)).toEqual(loads);
  });

  it("13 E moves to preferred nodes first, and spreads only among equals", () => {
    const scores = [[2, 5]] as const;
    const view = viewOf({ nodes: 3, addresses: [0, 0, 0].map((owner) => ({ owner, scores })) });
    const moves = spreadMoves(view);
    expect(moves.map(({ to }) => to)).toEqual(["n3", "n3", "n3"]);
    expect(spreadMoves(after(view, moves))).toEqual([]);
  });

  it("13 E gives a node that is being drained nothing", () => {
    const standings = [[1, "NodeDraining"]] as const;
    const view = viewOf({ nodes: 3, addresses: [0, 0, 0, 0].map((owner) => ({ owner })), standings });
    expect(loadsOf(after(view, spreadMoves(view)))).toEqual([2, 0, 2]);
  });

  it("13 E property: no address is on a node that has two or more than another one that could have it as well", () => {
    fc.assert(
      fc.property(worlds, (given) => {
        const view = viewOf(given);
        const settled = after(view, spreadMoves(view));
        const loads = loadsOf(settled);
        const loadOf = (member: Member): number => loads[settled.members.indexOf(member)] ?? expect.fail(member.node);
        for (const member of settled.members)
          for (const key of member.claims.keys()) {
            const wanted = settled.wanted.get(key) ?? expect.fail(key);
            const candidates = candidatesFor(settled, wanted);
            if (!candidates.some(({ node }) => node === member.node)) continue;
            const scoreOf = ({ node }: Member): number => wanted.scores?.get(node) ?? 0;
            const best = Math.max(...candidates.map(scoreOf));
            expect(scoreOf(member)).toBe(best);
            const equals = candidates.filter((one) => scoreOf(one) === best);
            for (const other of equals) expect(loadOf(member) - loadOf(other)).toBeLessThan(2);
          }
      }),
    );
  });

  it("13 E property: a move goes to a node that may announce, each address moves once, and nothing is left to gain", () => {
    fc.assert(
      fc.property(worlds, (given) => {
        const view = viewOf(given);
        const moves = spreadMoves(view);
        expect(new Set(moves.map(({ key }) => key)).size).toBe(moves.length);
        for (const { key, to } of moves) {
          const candidates = candidatesFor(view, view.wanted.get(key) ?? expect.fail(key));
          expect(candidates.map(({ node }) => node)).toContain(to);
        }
        expect(spreadMoves(after(view, moves))).toEqual([]);
      }),
    );
  });

  it("13 E property: without preferred nodes the spread is more even, and would not be without any one of the moves", () => {
    fc.assert(
      fc.property(worlds, (given) => {
        const view = viewOf({ ...given, addresses: given.addresses.map(({ scores: _scores, ...rest }) => rest) });
        const moves = spreadMoves(view);
        const even = squares(after(view, moves));
        if (moves.length > 0) expect(even).toBeLessThan(squares(view));
        for (const move of moves) {
          const others = moves.filter((one) => one !== move);
          expect(squares(after(view, others))).toBeGreaterThanOrEqual(even);
        }
      }),
    );
  });

  it("13 E property: no node takes more than so many at once, and rounds lead to the end", () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 1, max: 4 }), (given, most) => {
        let view = viewOf(given);
        for (let round = 0; round < 60; round++) {
          const moves = spreadMoves(view, { mostToOne: most, most: 8, mostLooks: 200 });
          const arrived = Map.groupBy(moves, ({ to }) => to);
          for (const some of arrived.values()) expect(some.length).toBeLessThanOrEqual(most);
          view = after(view, moves);
        }
        expect(spreadMoves(view, { mostToOne: most, most: 8, mostLooks: 200 })).toEqual([]);
      }),
    );
  });

  const few = { mostToOne: 3, most: 7, mostLooks: 60 };

  it("13 E property: all members compute the same, in whatever order they know each other", () => {
    fc.assert(
      fc.property(worlds, (given) => {
        const view = viewOf(given);
        const reversed = {
          ...view,
          members: view.members.toReversed(),
          wanted: new Map([...view.wanted].toReversed()),
        };
        expect(spreadMoves(reversed, few)).toEqual(spreadMoves(view, few));
      }),
    );
  });

  it("knows what only stands back", () => {
    expect((["NodeDraining", "NodeNotReady", "Leaving"] as const).map(isStandBackReason)).toEqual([true, true, false]);
  });
});
