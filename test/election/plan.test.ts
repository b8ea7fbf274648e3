import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Member, NodeStanding, NodeStandings, WantedAddress } from "#src/election/member.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import { type AnnouncementPlan, planAnnouncements } from "#src/election/plan.ts";
import { rank } from "#src/election/rank.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";

const lan = parseCidr("192.0.2.0/24") ?? expect.fail("a CIDR");
const other = parseCidr("198.51.100.0/24") ?? expect.fail("a CIDR");

function ipOf(text: string): Ip {
  return parseIp(text) ?? expect.fail(`${text} is an address`);
}

function member(node: string, claims: readonly Claim[] = [], changes: Partial<Member> = {}): Member {
  return {
    node,
    ready: true,
    leaving: false,
    liveSinceMs: 0,
    subnets: [lan],
    claims: new Map(claims.map((claim) => [printIp(claim.ip), claim])),
    ...changes,
  };
}

/** An address that every node may announce, but for the changes. */
function wantedOf(text: string, changes: Partial<WantedAddress> = {}): WantedAddress {
  return {
    ip: ipOf(text),
    forbidden: undefined,
    selected: undefined,
    serving: undefined,
    terminating: new Set(),
    ...changes,
  };
}

const vip = "192.0.2.200";
const [first, second, third] = rank(["n1", "n2", "n3"], vip) as [string, string, string];
const claim = (term: number, majority = true): Claim => ({ ip: ipOf(vip), term, majority });

/** All three nodes are usable, but for the changes. */
function standings(changes: Readonly<Record<string, NodeStanding>>): NodeStandings {
  return new Map([first, second, third].map((node) => [node, changes[node] ?? "Usable"]));
}

interface Case {
  name: string;
  members: Member[];
  self: string;
  /** Nodes with an endpoint. */
  serving?: string[];
  terminating?: string[];
  selected?: string[];
  nodes?: NodeStandings;
  knownMembers?: number;
  moves?: string[];
  owner: string | undefined;
  term: number | undefined;
}

const cases: Case[] = [
  {
    name: "the first in rank takes an address nobody holds",
    members: [member(first), member(second)],
    self: first,
    owner: first,
    term: 8,
  },
  {
    name: "others leave it to the first in rank",
    members: [member(first), member(second)],
    self: second,
    owner: first,
    term: undefined,
  },
  {
    name: "a live owner keeps it although another ranks first",
    members: [member(first), member(second, [claim(3)])],
    self: second,
    owner: second,
    term: 3,
  },
  {
    name: "nobody takes it from a live owner",
    members: [member(first), member(second, [claim(3)])],
    self: first,
    owner: second,
    term: undefined,
  },
  {
    name: "a member that is not ready does not stand",
    members: [member(first, [], { ready: false }), member(second)],
    self: second,
    owner: second,
    term: 8,
  },
  {
    name: "a member without the network does not stand",
    members: [member(first, [], { subnets: [other] }), member(second)],
    self: second,
    owner: second,
    term: 8,
  },
  {
    name: "a node without an endpoint does not stand",
    members: [member(first), member(second)],
    self: second,
    serving: [second],
    owner: second,
    term: 8,
  },
  {
    name: "nobody owns what no node may announce",
    members: [member(first), member(second)],
    self: first,
    serving: [],
    owner: undefined,
    term: undefined,
  },
  {
    name: "the successor of a leaver takes over at a higher term",
    members: [member(first, [claim(7)], { leaving: true }), member(second)],
    self: second,
    owner: second,
    term: 8,
  },
  {
    name: "a leaver answers until its successor claims",
    members: [member(first, [claim(7)], { leaving: true }), member(second)],
    self: first,
    owner: second,
    term: 7,
  },
  {
    name: "a leaver withdraws once its successor claims",
    members: [member(first, [claim(7)], { leaving: true }), member(second, [claim(8)])],
    self: first,
    owner: second,
    term: undefined,
  },
  {
    name: "a leaver withdraws even for a successor in a minority",
    members: [member(first, [claim(7)], { leaving: true }), member(second, [claim(8, false)])],
    self: first,
    owner: second,
    term: undefined,
  },
  {
    name: "a leaver with no successor answers to its end",
    members: [member(first, [claim(7)], { leaving: true })],
    self: first,
    owner: first,
    term: 7,
  },
  {
    name: "an owner whose network went stops at once",
    members: [member(first, [claim(7)], { subnets: [] }), member(second)],
    self: first,
    owner: second,
    term: undefined,
  },
  {
    name: "an owner no longer allowed waits for its successor",
    members: [member(first, [claim(7)]), member(second)],
    self: first,
    serving: [second],
    owner: second,
    term: 7,
  },
  {
    name: "an owner no longer allowed stops if nobody is",
    members: [member(first, [claim(7)]), member(second)],
    self: first,
    serving: [],
    owner: undefined,
    term: undefined,
  },
  {
    name: "of two claims the higher term stands",
    members: [member(first, [claim(1)]), member(second, [claim(2)])],
    self: first,
    owner: second,
    term: undefined,
  },
  {
    name: "a claim made cut off gives way to one made in a majority",
    members: [member(first, [claim(1)]), member(second, [claim(2, false)])],
    self: second,
    owner: first,
    term: undefined,
  },
  {
    name: "equal claims go by rank",
    members: [member(first, [claim(2)]), member(second, [claim(2)])],
    self: second,
    owner: first,
    term: undefined,
  },
  {
    name: "a planned move takes it from a live owner, at a higher term",
    members: [member(first), member(second, [claim(3)])],
    self: first,
    moves: [vip],
    owner: first,
    term: 8,
  },
  {
    name: "a planned move takes nothing that this member cannot serve",
    members: [member(first, [], { subnets: [other] }), member(second, [claim(3)])],
    self: first,
    moves: [vip],
    owner: second,
    term: undefined,
  },
  {
    name: "the owner knows nothing of another one's planned move, and answers until it sees its claim",
    members: [member(first), member(second, [claim(3)])],
    self: second,
    owner: second,
    term: 3,
  },
  {
    name: "a node that the pool does not select does not stand",
    members: [member(first), member(second)],
    self: second,
    selected: [second],
    owner: second,
    term: 8,
  },
  {
    name: "an excluded node does not stand",
    members: [member(first), member(second)],
    self: second,
    nodes: standings({ [first]: "NodeExcluded" }),
    owner: second,
    term: 8,
  },
  {
    name: "an excluded owner answers until its successor claims",
    members: [member(first, [claim(3)]), member(second)],
    self: first,
    nodes: standings({ [first]: "NodeExcluded" }),
    owner: second,
    term: 3,
  },
  {
    name: "an excluded owner withdraws where nobody else can serve",
    members: [member(first, [claim(3)])],
    self: first,
    nodes: standings({ [first]: "NodeExcluded" }),
    owner: undefined,
    term: undefined,
  },
  {
    name: "a node without network does not stand",
    members: [member(first), member(second)],
    self: second,
    nodes: standings({ [first]: "NetworkUnavailable" }),
    owner: second,
    term: 8,
  },
  {
    name: "a node whose object is gone does not stand",
    members: [member(first), member(second)],
    self: second,
    nodes: new Map([[second, "Usable"]]),
    owner: second,
    term: 8,
  },
  {
    name: "another takes over from a node that is not Ready",
    members: [member(first, [claim(3)]), member(second)],
    self: second,
    nodes: standings({ [first]: "NodeNotReady" }),
    owner: second,
    term: 8,
  },
  {
    name: "a node that is not Ready answers until its successor claims",
    members: [member(first, [claim(3)]), member(second)],
    self: first,
    nodes: standings({ [first]: "NodeNotReady" }),
    owner: second,
    term: 3,
  },
  {
    name: "a node that is not Ready keeps what no Ready one can serve",
    members: [member(first, [claim(3)]), member(second, [], { subnets: [other] })],
    self: first,
    nodes: standings({ [first]: "NodeNotReady" }),
    owner: first,
    term: 3,
  },
  {
    name: "another takes over from a node that is being drained",
    members: [member(first, [claim(3)]), member(second)],
    self: second,
    nodes: standings({ [first]: "NodeDraining" }),
    owner: second,
    term: 8,
  },
  {
    name: "a node that is being drained answers until its successor claims",
    members: [member(first, [claim(3)]), member(second)],
    self: first,
    nodes: standings({ [first]: "NodeDraining" }),
    owner: second,
    term: 3,
  },
  {
    name: "a node that is being drained keeps what no other can serve",
    members: [member(first, [claim(3)]), member(second, [], { subnets: [other] })],
    self: first,
    nodes: standings({ [first]: "NodeDraining" }),
    owner: first,
    term: 3,
  },
  {
    name: "a node that is being drained takes what no other can serve",
    members: [member(first), member(second, [], { subnets: [other] })],
    self: first,
    nodes: standings({ [first]: "NodeDraining" }),
    owner: first,
    term: 8,
  },
  {
    name: "outside of a majority no node takes over from one that is being drained",
    members: [member(first, [claim(3)]), member(second)],
    self: second,
    nodes: standings({ [first]: "NodeDraining" }),
    knownMembers: 4,
    owner: first,
    term: undefined,
  },
  {
    name: "nothing moves while no node is Ready",
    members: [member(first), member(second, [claim(3)])],
    self: second,
    nodes: standings({ [first]: "NodeNotReady", [second]: "NodeNotReady", [third]: "NodeNotReady" }),
    owner: second,
    term: 3,
  },
  {
    name: "outside of a majority nobody takes over from a node that is not Ready: its claim would be the weaker one",
    members: [member(first, [claim(3)]), member(second)],
    self: second,
    nodes: standings({ [first]: "NodeNotReady" }),
    knownMembers: 4,
    owner: first,
    term: undefined,
  },
  {
    name: "a node with a ready endpoint takes over from one whose endpoints are all terminating",
    members: [member(first, [claim(3)]), member(second)],
    self: second,
    serving: [first, second],
    terminating: [first],
    owner: second,
    term: 8,
  },
  {
    name: "a node whose endpoints are all terminating keeps what nobody else serves",
    members: [member(first, [claim(3)]), member(second)],
    self: first,
    serving: [first],
    terminating: [first],
    owner: first,
    term: 3,
  },
];

describe("preferred nodes", () => {
  const wantedBy = (scores: Readonly<Record<string, number>>) =>
    new Map([[vip, wantedOf(vip, { scores: new Map(Object.entries(scores)) })]]);
  const ownerOf = (scores: Readonly<Record<string, number>>, members: readonly Member[]) =>
    planAnnouncements(
      {
        wanted: wantedBy(scores),
        members,
        nodes: undefined,
        knownMembers: 3,
        terms: new Map(),
        before: new Map(),
      },
      { self: third, nowMs: 60_000 },
    ).get(vip)?.owner;
  const all = [member(first), member(second), member(third)];

  it.each([
    { name: "nobody preferred: by rank", scores: {}, owner: first },
    { name: "the heaviest first", scores: { [second]: 1, [third]: 2 }, owner: third },
    { name: "of equal weight by rank", scores: { [third]: 5, [second]: 5 }, owner: second },
    { name: "one that does not live counts for nothing", scores: { n9: 100 }, owner: first },
  ])("$name", ({ scores, owner }) => expect(ownerOf(scores, all)).toBe(owner));

  it("a live owner keeps the address", () => {
    const held = [member(first, [claim(3)]), member(second), member(third)];
    expect(ownerOf({ [third]: 9 }, held)).toBe(first);
  });

  it("the next one in line takes over where the preferred node cannot serve", () => {
    const unable = [member(first), member(second), member(third, [], { subnets: [other] })];
    expect(ownerOf({ [third]: 9, [second]: 1 }, unable)).toBe(second);
  });
});

describe("planAnnouncements()", () => {
  it.each(cases)("$name", ({ members, self, owner, term, knownMembers = 3, nodes, moves = [], ...given }) => {
    const { serving, terminating, selected } = given;
    const wanted = wantedOf(vip, {
      serving: serving && new Set(serving),
      selected: selected && new Set(selected),
      terminating: new Set(terminating),
    });
    const snapshot = {
      wanted: new Map([[vip, wanted]]),
      members,
      nodes,
      knownMembers,
      terms: new Map([[vip, 7]]),
      moves: new Set(moves),
      before: new Map(),
    };
    const announcement = planAnnouncements(snapshot, { self, nowMs: 1_000 }).get(vip);
    expect(announcement?.owner).toBe(owner);
    expect(announcement?.claim?.term).toBe(term);
  });

  it("marks a claim made with less than half of the members", () => {
    const snapshot = {
      wanted: new Map([[vip, wantedOf(vip)]]),
      members: [member(third)],
      nodes: undefined,
      knownMembers: 3,
      terms: new Map<string, number>(),
      before: new Map(),
    };
    expect(planAnnouncements(snapshot, { self: third, nowMs: 0 }).get(vip)?.claim).toEqual({
      ip: ipOf(vip),
      term: 1,
      majority: false,
    });
  });
});

describe("planAnnouncements() of an address that is never announced", () => {
  const planFor = (self: string, changes: Partial<WantedAddress>, members: Member[]) => {
    const wanted = new Map([[vip, wantedOf(vip, changes)]]);
    const rest = { nodes: undefined, terms: new Map<string, number>(), before: new Map() };
    return planAnnouncements({ wanted, members, knownMembers: 3, ...rest }, { self, nowMs: 0 }).get(vip);
  };

  it.each(["NodeAddress", "MemberAddress", "GatewayAddress", "ReservedAddress"] as const)(
    "L1 no member takes it, whatever ranks first and wherever its endpoints are: %s",
    (forbidden) => {
      for (const changes of [{}, { serving: new Set([first]) }, { selected: new Set([first]) }])
        expect(planFor(first, { forbidden, ...changes }, [member(first), member(second)])).toEqual({
          owner: undefined,
          claim: undefined,
          vacantSinceMs: undefined,
        });
    },
  );

  it("L1 its owner withdraws it at once, even where no other could take it", () => {
    const held = [member(first, [claim(3)])];
    expect(planFor(first, {}, held)?.claim?.term).toBe(3);
    expect(planFor(first, { forbidden: "NodeAddress" }, held)).toMatchObject({ owner: undefined, claim: undefined });
  });
});

describe("planAnnouncements() of a vacant address", () => {
  const snapshotAt = (changes: { term?: number; before?: AnnouncementPlan }) => ({
    wanted: new Map([[vip, wantedOf(vip)]]),
    members: [member(first), member(second), member(third)],
    nodes: undefined,
    knownMembers: 3,
    terms: new Map([[vip, changes.term ?? 1]]),
    before: changes.before ?? new Map(),
  });

  it("claims at the highest term where it cannot rise any more", () => {
    const plan = planAnnouncements(snapshotAt({ term: 2 ** 32 - 1 }), { self: first, nowMs: 0 });
    expect(plan.get(vip)?.claim?.term).toBe(2 ** 32 - 1);
  });

  it.each([
    { afterMs: 0, self: first, owner: first },
    { afterMs: 1_999, self: second, owner: first },
    { afterMs: 2_000, self: second, owner: second },
    { afterMs: 2_000, self: first, owner: first },
    { afterMs: 3_999, self: third, owner: first },
    { afterMs: 4_000, self: third, owner: third },
  ])("is open to one candidate more every two seconds: $afterMs ms, $self", ({ afterMs, self, owner }) => {
    const before = planAnnouncements(snapshotAt({}), { self, nowMs: 500 });
    expect(planAnnouncements(snapshotAt({ before }), { self, nowMs: 500 + afterMs }).get(vip)?.owner).toBe(owner);
  });

  it("does not count the time before there was a candidate", () => {
    const nobody = { ...snapshotAt({}), members: [member(third, [], { subnets: [other] })] };
    const before = planAnnouncements(nobody, { self: second, nowMs: 0 });
    expect(planAnnouncements(snapshotAt({ before }), { self: second, nowMs: 9_000 }).get(vip)?.owner).toBe(first);
  });
});

/** A cluster without a network: every round, the members of each side see each other and decide at the same time. */
class Cluster {
  readonly claims = new Map<string, ReadonlyMap<string, Claim>>();
  readonly terms = new Map<string, Map<string, number>>();
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  readonly nodes: readonly string[];
  leaving = new Set<string>();

  constructor(nodes: readonly string[], addresses: readonly string[]) {
    this.nodes = nodes;
    this.wanted = new Map(addresses.map((text) => [text, wantedOf(text)]));
  }

  round(sides: readonly (readonly string[])[]): void {
    const next = sides.flatMap((side) => {
      const members = side.map((node) =>
        member(node, [...(this.claims.get(node)?.values() ?? [])], { leaving: this.leaving.has(node) }),
      );
      return side.map((self) => [self, this.#decide(self, members)] as const);
    });
    for (const [node, claims] of next) this.claims.set(node, claims);
  }

  #decide(self: string, members: readonly Member[]): ReadonlyMap<string, Claim> {
    const terms = this.terms.get(self) ?? new Map<string, number>();
    this.terms.set(self, terms);
    for (const { claims } of members)
      for (const [key, { term }] of claims) terms.set(key, Math.max(term, terms.get(key) ?? 0));
    const snapshot = {
      wanted: this.wanted,
      members,
      nodes: undefined,
      knownMembers: this.nodes.length,
      terms,
      before: new Map(),
    };
    const plan = planAnnouncements(snapshot, { self, nowMs: 0 });
    return new Map([...plan].flatMap(([key, { claim }]) => (claim === undefined ? [] : [[key, claim] as const])));
  }

  claimants(key: string, among: readonly string[] = this.nodes): string[] {
    return among.filter((node) => this.claims.get(node)?.has(key));
  }

  owners(): string[] {
    return [...this.wanted.keys()].map((key) => this.claimants(key).join("+"));
  }
}

const clusters = fc.record({
  size: fc.integer({ min: 2, max: 7 }),
  addresses: fc.uniqueArray(fc.integer({ min: 1, max: 254 }), { minLength: 1, maxLength: 12 }),
  cut: fc.integer({ min: 1, max: 6 }),
});

function start({ size, addresses }: { size: number; addresses: number[] }): Cluster {
  const nodes = Array.from({ length: size }, (_, index) => `node-${index}`);
  const cluster = new Cluster(
    nodes,
    addresses.map((last) => `192.0.2.${last}`),
  );
  cluster.round([nodes]);
  cluster.round([nodes]); // all have seen the first claims and their terms
  return cluster;
}

describe("a cluster that decides by planAnnouncements()", () => {
  it("has exactly one owner for each address, and nothing moves after that", () => {
    fc.assert(
      fc.property(clusters, (shape) => {
        const cluster = start(shape);
        const owners = cluster.owners();
        for (const key of cluster.wanted.keys()) expect(cluster.claimants(key)).toHaveLength(1);
        cluster.round([cluster.nodes]);
        expect(cluster.owners()).toEqual(owners);
      }),
    );
  });

  it("moves only the addresses of a node that died, in one round", () => {
    fc.assert(
      fc.property(clusters, (shape) => {
        const cluster = start(shape);
        const before = cluster.owners();
        const dead = cluster.nodes[shape.cut % shape.size] ?? "";
        const rest = cluster.nodes.filter((node) => node !== dead);
        cluster.claims.delete(dead);
        cluster.round([rest]);
        cluster.owners().forEach((owner, index) => {
          if (before[index] === dead) expect(rest).toContain(owner);
          else expect(owner).toBe(before[index]);
        });
      }),
    );
  });

  it("never leaves an address without an answer while a node leaves, and ends with one owner that stays", () => {
    fc.assert(
      fc.property(clusters, (shape) => {
        const cluster = start(shape);
        const leaver = cluster.nodes[shape.cut % shape.size] ?? "";
        cluster.leaving.add(leaver);
        for (let round = 0; round < 3; round++) {
          cluster.round([cluster.nodes]);
          for (const key of cluster.wanted.keys()) expect(cluster.claimants(key).length).toBeGreaterThan(0);
        }
        expect(cluster.claims.get(leaver)?.size).toBe(0);
        for (const key of cluster.wanted.keys()) expect(cluster.claimants(key)).toHaveLength(1);
      }),
    );
  });

  it("has one owner per side while parted and one again right after healing; the larger side keeps what it had", () => {
    fc.assert(
      fc.property(clusters, (shape) => {
        const cluster = start(shape);
        const cut = (shape.cut % (shape.size - 1)) + 1;
        const sides = [cluster.nodes.slice(0, cut), cluster.nodes.slice(cut)];
        cluster.round(sides);
        cluster.round(sides);
        const larger = sides.find((side) => side.length * 2 > shape.size);
        const parted = [...cluster.wanted.keys()].map((key) => {
          for (const side of sides) expect(cluster.claimants(key, side)).toHaveLength(1);
          return cluster.claimants(key, larger)[0];
        });
        cluster.round([cluster.nodes]);
        for (const key of cluster.wanted.keys()) expect(cluster.claimants(key)).toHaveLength(1);
        if (larger !== undefined) expect(cluster.owners()).toEqual(parted);
      }),
    );
  });
});

describe("rank()", () => {
  it("orders as SHA-256 of node#ip does", () => {
    expect(rank(["a", "b", "c"], "192.0.2.1")).toEqual(["c", "a", "b"]);
  });

  it("gives each of seven nodes a share of 1,000 addresses", () => {
    const nodes = Array.from({ length: 7 }, (_, index) => `n${index}`);
    const wins = new Map<string | undefined, number>();
    for (let index = 0; index < 1_000; index++) {
      const winner = rank(nodes, `10.0.${index >> 8}.${index & 255}`)[0];
      wins.set(winner, (wins.get(winner) ?? 0) + 1);
    }
    for (const node of nodes) expect(wins.get(node)).toBeGreaterThan(80);
  });
});

describe("heirs", () => {
  const heldBy = "n9";
  const dead: AnnouncementPlan = new Map([
    [vip, { owner: heldBy, claim: undefined, vacantSinceMs: undefined, heldBy }],
  ]);
  const decide = (
    members: readonly Member[],
    self: string,
    { wanted = wantedOf(vip), before = dead, nowMs = 0, heirs = [third] } = {},
  ) =>
    planAnnouncements(
      {
        wanted: new Map([[vip, wanted]]),
        members,
        nodes: undefined,
        knownMembers: 4,
        terms: new Map([[vip, 7]]),
        before,
        heirsOf: (node) => new Set(node === heldBy ? heirs : [second]),
      },
      { self, nowMs },
    );
  const all = [member(first), member(second), member(third)];

  it("A4 a watcher of the dead owner comes before the first in rank, as all see it", () => {
    for (const self of [first, second, third]) {
      const got = decide(all, self).get(vip);
      expect([got?.owner, got?.claim?.term, got?.heldBy]).toEqual([third, self === third ? 8 : undefined, heldBy]);
    }
  });

  it("A4 of several watchers rank decides, and a preferred node comes before them", () => {
    expect(decide(all, first, { heirs: [third, second] }).get(vip)?.owner).toBe(second);
    const wanted = wantedOf(vip, { scores: new Map([[first, 10]]) });
    expect(decide(all, first, { wanted }).get(vip)?.owner).toBe(first);
  });

  it("A4 a watcher that may not announce the address is left out", () => {
    const wanted = wantedOf(vip, { serving: new Set([first, second]) });
    expect(decide(all, first, { wanted }).get(vip)?.owner).toBe(first);
  });

  it("A4 remembers whose the address was while it stays vacant: the order of its candidates does not change", () => {
    const order = [0, 2_000, 4_000].map((nowMs) => {
      const before =
        nowMs === 0 ? dead : new Map([[vip, { owner: third, claim: undefined, vacantSinceMs: 0, heldBy }]]);
      return [first, second, third].filter(
        (self) => decide(all, self, { before, nowMs }).get(vip)?.claim !== undefined,
      );
    });
    expect(order).toEqual([[third], [first, third], [first, second, third]]);
  });

  it("A4 no heirs are looked for while an address has an owner", () => {
    const asked: string[] = [];
    planAnnouncements(
      {
        wanted: new Map([[vip, wantedOf(vip)]]),
        members: [member(first, [claim(7)]), member(second)],
        nodes: undefined,
        knownMembers: 2,
        terms: new Map(),
        before: new Map(),
        heirsOf: (node) => {
          asked.push(node);
          return new Set();
        },
      },
      { self: second, nowMs: 0 },
    );
    expect(asked).toEqual([]);
  });

  it("A4 an owner that leaves is followed by its watchers", () => {
    const leaver = member(heldBy, [claim(7)], { leaving: true });
    expect(decide([...all, leaver], third, { before: new Map() }).get(vip)).toMatchObject({
      owner: third,
      claim: { term: 8 },
    });
  });
});
