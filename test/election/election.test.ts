import { describe, expect, it } from "vitest";
import { Election, type ElectionView } from "#src/election/election.ts";
import type { Member, WantedAddress } from "#src/election/member.ts";
import { parseIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import type { Claim } from "#src/wire/heartbeat.ts";

const ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"];
const wanted = new Map(
  ADDRESSES.map((text): [string, WantedAddress] => {
    const ip = parseIp(text)!;
    return [text, { ip, selected: undefined, serving: undefined, forbidden: undefined, terminating: new Set() }];
  }),
);

const claim = (text: string): Claim => ({ ip: parseIp(text)!, term: 1, majority: true });

function member(node: string, claims: readonly string[], is: Partial<Member> = {}): Member {
  const byAddress = new Map(claims.map((text) => [text, claim(text)]));
  const subnets = [parseCidr("192.0.2.0/24")!];
  return { node, ready: true, leaving: false, liveSinceMs: 0, subnets, claims: byAddress, ...is };
}

function view(members: readonly Member[]): ElectionView {
  return { self: "a", wanted, members, nodes: undefined, named: new Set(["a", "b", "c"]), knownMembers: 3 };
}

describe("Election.bereft()", () => {
  it("names what the dead announced, was to take over, or was contested, and nothing that the living hold", () => {
    const election = new Election();
    const [first = "", second = "", third = "", fourth = ""] = ADDRESSES;
    // b holds the first, c the second, and c is to take the third from b, which leaves; the fourth is ours, and b claims it, too.
    const all = (b: readonly string[], is?: Partial<Member>): ElectionView =>
      view([member("a", [...election.claims.keys()]), member("b", b, is), member("c", [second])]);
    election.decide(new Set([fourth]), view([member("a", [])]), 0);
    election.decide(new Set([first, second]), all([first]), 1);
    election.decide(new Set([fourth]), all([first, fourth]), 2);
    expect([...election.claims.keys()]).toEqual([fourth]);
    expect(election.bereft(new Set(["a", "b", "c"]))).toEqual([fourth]);
    expect(election.bereft(new Set(["a", "b"])).toSorted()).toEqual([second, fourth]);
    expect(election.bereft(new Set(["a", "c"])).toSorted()).toEqual([first, fourth]);
    election.decide(new Set([third]), all([first, third], { leaving: true }), 3);
    const { owner } = election.plan.get(third)!;
    expect(election.bereft(new Set(["a", "b", "c"].filter((node) => node !== owner)))).toContain(third);
  });
});
