import { describe, expect, it } from "vitest";
import { OwnerChecks, type OwnersView } from "#speaker/owner-checks.ts";
import type { Member } from "#src/election/member.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";

const lan = parseCidr("192.0.2.0/24") ?? expect.fail("a network");
const elsewhere = parseCidr("198.51.100.0/24") ?? expect.fail("a network");
const FOREIGN = "02:00:00:00:00:99";

function member(node: string, ips: readonly string[] = [], { subnets = [lan], leaving = false } = {}): Member {
  const claims = ips.map(
    (text) => [text, { ip: parseIp(text) ?? expect.fail(text), term: 1, majority: true }] as const,
  );
  return { node, ready: true, leaving, liveSinceMs: 0, subnets, claims: new Map(claims) };
}

const macOf = (node: string): string => `mac of ${node}`;

function viewOf(self: Member, ...others: readonly Member[]): OwnersView {
  const nodes = [self, ...others].map(({ node }) => node);
  return { self, live: () => others, nodeOf: (mac) => nodes.find((node) => macOf(node) === mac) };
}

/** Lets time pass in ticks of 20 ms; `answers` says which MACs answer for an address. What was asked, and when. */
function run(
  checks: OwnerChecks,
  view: OwnersView,
  [fromMs, toMs]: [number, number],
  answers: (ip: string) => readonly string[],
) {
  const asked: [ip: string, atMs: number][] = [];
  for (let nowMs = fromMs; nowMs < toMs; nowMs += 20)
    for (const ip of checks.tick(view, nowMs)?.asked ?? []) {
      const text = printIp(ip);
      asked.push([text, nowMs]);
      for (const mac of answers(text)) checks.hear(text, mac, view.nodeOf);
    }
  return asked;
}

const silence = (): readonly string[] => [];
const byOwner = () => [macOf("n1")];

describe("H OwnerChecks", () => {
  it("an owner that answers is asked once a minute, and nothing is reported", () => {
    const checks = new OwnerChecks();
    const view = viewOf(member("n2"), member("n1", ["192.0.2.1"]));
    const asked = run(checks, view, [0, 130_000], byOwner);
    expect(asked).toEqual([0, 60_000, 120_000].map((atMs) => ["192.0.2.1", atMs]));
    expect(checks.problems("n2")).toEqual([]);
  });

  it("one that does not answer six questions is reported, with both nodes and the addresses, until it answers", () => {
    const checks = new OwnerChecks();
    const view = viewOf(member("n2"), member("n1", ["192.0.2.1", "192.0.2.2"]));
    run(checks, view, [0, 5_900], silence);
    expect(checks.problems("n2")).toEqual([]);
    run(checks, view, [5_900, 7_000], silence);
    expect(checks.problems("n2")).toMatchObject([
      {
        code: "OWNER_DOES_NOT_ANSWER",
        what: "n1 announces 192.0.2.1-2 and does not answer for them",
        at: { kind: "speaker", nodes: ["n2", "n1"] },
        addresses: ["192.0.2.1-2"],
      },
    ]);
    run(checks, view, [7_000, 12_000], byOwner);
    expect(checks.problems("n2")).toEqual([]);
  });

  it("an answer that came after the second question is one", () => {
    const checks = new OwnerChecks();
    const view = viewOf(member("n2"), member("n1", ["192.0.2.1"]));
    let questions = 0;
    run(checks, view, [0, 20_000], () => (++questions % 3 === 0 ? byOwner() : []));
    expect(checks.problems("n2")).toEqual([]);
  });

  it("the answer of another member is none, that of another machine is left to the owner to report", () => {
    const checks = new OwnerChecks();
    const view = viewOf(
      member("n2"),
      member("n1", ["192.0.2.1", "192.0.2.2"]),
      member("n3", [], { subnets: [elsewhere] }),
    );
    run(checks, view, [0, 10_000], (ip) => [ip === "192.0.2.1" ? macOf("n3") : FOREIGN]);
    expect(checks.problems("n2").map(({ addresses }) => addresses)).toEqual([["192.0.2.1"]]);
  });

  it("what the owner gave up, or is about to, is no longer reported", () => {
    for (const after of [member("n1"), member("n1", ["192.0.2.1"], { leaving: true })]) {
      const checks = new OwnerChecks();
      run(checks, viewOf(member("n2"), member("n1", ["192.0.2.1"])), [0, 7_000], silence);
      expect(checks.problems("n2")).toHaveLength(1);
      run(checks, viewOf(member("n2"), after), [7_000, 12_000], silence);
      expect(checks.problems("n2")).toEqual([]);
    }
  });

  it("of several members in its network exactly one asks for each address, and its owner and those elsewhere never do", () => {
    const ips = Array.from({ length: 200 }, (_, at) => `192.0.2.${at + 1}`);
    const members = [member("n1", ips), member("n2"), member("n3"), member("n4", [], { subnets: [elsewhere] })];
    const askedBy = members.map((self) => {
      const others = members.filter((one) => one !== self);
      return new Set(run(new OwnerChecks(), viewOf(self, ...others), [0, 59_000], byOwner).map(([ip]) => ip));
    });
    expect([askedBy[0]?.size, askedBy[3]?.size]).toEqual([0, 0]);
    expect(askedBy[1]?.union(askedBy[2] ?? new Set()).size).toBe(200);
    expect(askedBy[1]?.intersection(askedBy[2] ?? new Set()).size).toBe(0);
    expect(Math.min(askedBy[1]?.size ?? 0, askedBy[2]?.size ?? 0)).toBeGreaterThan(50);
  });

  it("asks at a bounded rate, however many addresses are silent", () => {
    const ips = Array.from({ length: 5_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    const wide = parseCidr("10.0.0.0/16") ?? expect.fail("a network");
    const [self, owner] = [member("n2", [], { subnets: [wide] }), member("n1", ips, { subnets: [wide] })];
    const checks = new OwnerChecks();
    const asked = run(checks, viewOf(self, owner), [0, 60_000], silence);
    const bySecond = Map.groupBy(asked, ([, atMs]) => Math.floor(atMs / 1_000));
    expect(Math.max(...[...bySecond.values()].map(({ length }) => length))).toBeLessThanOrEqual(32);
    expect(checks.problems("n2")).toHaveLength(1);
    expect(checks.problems("n2")[0]?.what.length).toBeLessThan(300);
  });
});
