import { describe, expect, it } from "vitest";
import type { Member, NodeStandings, WantedAddress } from "#src/election/member.ts";
import { planAnnouncements } from "#src/election/plan.ts";
import { unownedGroups } from "#src/election/unowned.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";

const lan = parseCidr("192.0.2.0/24") ?? expect.fail();

function member(node: string, changes: Partial<Member> = {}): Member {
  return { node, ready: true, leaving: false, liveSinceMs: 0, subnets: [lan], claims: new Map(), ...changes };
}

function wantedOf(text: string, changes: Partial<WantedAddress> = {}): readonly [string, WantedAddress] {
  const ip = parseIp(text) ?? expect.fail(text);
  return [
    text,
    { ip, forbidden: undefined, selected: undefined, serving: undefined, terminating: new Set(), ...changes },
  ];
}

function groupsOf(
  all: readonly (readonly [string, WantedAddress])[],
  members: readonly Member[],
  nodes?: NodeStandings,
) {
  const wanted = new Map(all);
  const rest = { knownMembers: 2, terms: new Map<string, number>(), before: new Map() };
  const plan = planAnnouncements({ wanted, members, nodes, ...rest }, { self: "n1", nowMs: 0 });
  return unownedGroups({ wanted, plan, members, nodes }).map(({ addresses, reasons }) => ({
    addresses: addresses.map(printIp),
    reasons,
  }));
}

describe("unownedGroups()", () => {
  const both = [member("n1"), member("n2")];
  const bothAre = (standing: "NodeExcluded" | "NetworkUnavailable"): NodeStandings =>
    new Map(["n1", "n2"].map((node) => [node, standing]));

  it.each([
    { name: "all nodes are excluded", nodes: bothAre("NodeExcluded"), wanted: {}, reasons: { NodeExcluded: 2 } },
    {
      name: "no node has a network",
      nodes: bothAre("NetworkUnavailable"),
      wanted: {},
      reasons: { NetworkUnavailable: 2 },
    },
    {
      name: "the selectors match nothing",
      nodes: undefined,
      wanted: { selected: new Set<string>() },
      reasons: { NodeNotSelected: 2 },
    },
    {
      name: "no endpoint is on a live node",
      nodes: undefined,
      wanted: { serving: new Set(["n9"]) },
      reasons: { NoEndpoint: 2 },
    },
    {
      name: "it is a Node's address",
      nodes: undefined,
      wanted: { forbidden: "NodeAddress" as const },
      reasons: { NodeAddress: 2 },
    },
  ])("L5 says the true reason where $name", ({ nodes, wanted, reasons }) => {
    expect(groupsOf([wantedOf("192.0.2.200", wanted)], both, nodes)).toEqual([{ addresses: ["192.0.2.200"], reasons }]);
  });

  it("L5 counts each reason of the members, and puts together addresses with the same ones", () => {
    const members = [member("n1", { subnets: [] }), member("n2")];
    const selected = new Set(["n1"]);
    const all = [
      wantedOf("192.0.2.1", { selected }),
      wantedOf("198.51.100.7"),
      wantedOf("192.0.2.2", { selected }),
      wantedOf("192.0.2.3"),
    ];
    expect(groupsOf(all, members)).toEqual([
      { addresses: ["192.0.2.1", "192.0.2.2"], reasons: { NoSubnet: 1, NodeNotSelected: 1 } },
      { addresses: ["198.51.100.7"], reasons: { NoSubnet: 2 } },
    ]);
  });
});
