import { describe, expect, it } from "vitest";
import { type RoutersView, virtualRouterProblems } from "#speaker/virtual-router-problems.ts";
import { VirtualRouters } from "#speaker/virtual-routers.ts";
import type { Member } from "#src/election/member.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import type { VirtualRouter } from "#src/layer2/read-virtual-router.ts";
import { hex } from "#test/wire/hex.ts";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(text);
const OURS = ["192.0.2.200", "192.0.2.201", "2001:db8::c0:ffee"];
const isOurs = (ip: Ip): boolean => OURS.includes(printIp(ip));

function router(addresses: readonly string[], rest: Partial<VirtualRouter> = {}): VirtualRouter {
  const said = { protocol: "vrrp", id: 51, priority: 150, intervalMs: 1_000 } as const;
  return { ...said, source: ipOf("192.0.2.1"), mac: hex("020000000001"), addresses: addresses.map(ipOf), ...rest };
}

function heard(routers: VirtualRouters, nowMs: number): readonly string[] {
  return routers.list(nowMs).map(({ id, addresses }) => `${id}: ${addresses.map(printIp).join(" ")}`);
}

describe("VirtualRouters", () => {
  it("remembers one that has addresses of ours, and these alone, for four of its intervals, from half a minute to two minutes", () => {
    const routers = new VirtualRouters();
    routers.hear(router(["192.0.2.254", "192.0.2.200"]), isOurs, 0);
    routers.hear(router(["192.0.2.201"], { id: 52, intervalMs: 255_000 }), isOurs, 0);
    expect(heard(routers, 29_999)).toEqual(["51: 192.0.2.200", "52: 192.0.2.201"]);
    expect(heard(routers, 30_000)).toEqual(["52: 192.0.2.201"]);
    expect(heard(routers, 119_999)).toEqual(["52: 192.0.2.201"]);
    expect(heard(routers, 120_000)).toEqual([]);
    routers.hear(router(["192.0.2.200"], { intervalMs: 10_000 }), isOurs, 0);
    expect(heard(routers, 39_999)).toEqual(["51: 192.0.2.200"]);
    expect(heard(routers, 40_000)).toEqual([]);
  });

  it("goes on while it is heard", () => {
    const routers = new VirtualRouters();
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 1_000) routers.hear(router(["192.0.2.200"]), isOurs, nowMs);
    expect(heard(routers, 89_999)).toEqual(["51: 192.0.2.200"]);
    expect(heard(routers, 90_000)).toEqual([]);
  });

  it("nothing stays of one that has no address of ours, of CARP, which names none, and of one that gives its addresses up", () => {
    const routers = new VirtualRouters();
    routers.hear(router(["192.0.2.254"]), isOurs, 0);
    routers.hear(router([], { protocol: "carp", priority: undefined }), isOurs, 0);
    routers.hear(router(["192.0.2.200"], { priority: 0 }), isOurs, 0);
    expect(heard(routers, 0)).toEqual([]);
  });

  it("one that gives its addresses up is gone after half a minute, whatever its interval", () => {
    const routers = new VirtualRouters();
    routers.hear(router(["192.0.2.200"], { intervalMs: 255_000 }), isOurs, 0);
    routers.hear(router(["192.0.2.200"], { intervalMs: 255_000, priority: 0 }), isOurs, 1_000);
    expect(heard(routers, 30_999)).toHaveLength(1);
    expect(heard(routers, 31_000)).toEqual([]);
  });

  it("what one says is taken in once in half a minute: other addresses, other priorities, none of ours any longer", () => {
    const routers = new VirtualRouters();
    routers.hear(router(["192.0.2.200"]), isOurs, 0);
    routers.hear(router(["192.0.2.201"], { priority: 7 }), isOurs, 29_999);
    expect(heard(routers, 29_999)).toEqual(["51: 192.0.2.200"]);
    routers.hear(router(["192.0.2.201"], { priority: 7 }), isOurs, 30_000);
    expect(heard(routers, 30_000)).toEqual(["51: 192.0.2.201"]);
    expect(routers.list(30_000)[0]?.priority).toBe(7);
    routers.hear(router(["192.0.2.254"]), isOurs, 60_000);
    expect(heard(routers, 60_000)).toEqual([]);
  });

  it("a flood of made-up ones fills sixteen places, looks at no address beyond, and pushes none out", () => {
    const routers = new VirtualRouters();
    let looks = 0;
    const counting = (ip: Ip): boolean => {
      looks += 1;
      return isOurs(ip);
    };
    routers.hear(router(["192.0.2.200"]), counting, 0);
    for (let number = 0; number < 10_000; number++)
      routers.hear(router(["192.0.2.201"], { source: { family: "ipv4", value: BigInt(number) } }), counting, 1);
    const first = routers.list(1);
    expect([first.length, first[0]?.addresses.map(printIp), looks]).toEqual([16, ["192.0.2.200"], 16]);
    routers.hear(router(Array.from({ length: 255 }, () => "192.0.2.200")), isOurs, 30_000);
    expect(routers.list(30_000).at(-1)?.addresses).toHaveLength(32);
  });
});

const LAN = parseCidr("192.0.2.0/24") ?? expect.fail();

function member(node: string, claims: readonly string[] = [], subnets = [LAN]): Member {
  const claimed = claims.map((text) => [text, { ip: ipOf(text), term: 1, majority: true }] as const);
  return { node, ready: true, leaving: false, liveSinceMs: 0, subnets, claims: new Map(claimed) };
}

/** What each of these members reports of the router; Services have the first address, the pool "edge" contains both of IPv4. */
function reports(members: readonly Member[], seen: VirtualRouter, speaking?: string) {
  const routers = new VirtualRouters();
  routers.hear(seen, isOurs, 0);
  return problemsOf(routers, members, speaking);
}

function problemsOf(routers: VirtualRouters, members: readonly Member[], speaking?: string) {
  return members.map((self) => {
    const view: RoutersView = {
      node: self.node,
      self,
      wanted: new Map([
        ["192.0.2.200", { ip: ipOf("192.0.2.200"), forbidden: undefined, terminating: new Set() }],
      ]) as never,
      nodeOf: () => speaking,
      live: () => members.filter((one) => one !== self),
      poolOf: (ip) => (ip.family === "ipv4" ? "edge" : undefined),
    };
    return virtualRouterProblems(routers.list(0), view);
  });
}

describe("virtualRouterProblems()", () => {
  it("the member that announces the address reports it, with the machine, its number and the pool", () => {
    const [n1, n2, n3] = reports([member("n1"), member("n2", ["192.0.2.200"]), member("n3")], router(["192.0.2.200"]));
    expect([n1, n3]).toEqual([[], []]);
    expect(n2).toEqual([
      {
        code: "VIRTUAL_ROUTER_HAS_ADDRESS",
        at: { kind: "speaker", nodes: ["n2"] },
        what: 'A virtual router has 192.0.2.200 of the pool "edge", which Services have too',
        why: "the machine 02:00:00:00:00:01 (192.0.2.1) says so by VRRP, as virtual router 51 (priority 150)",
        fix: 'Take the addresses out of that router (virtual_ipaddress of keepalived), or out of the pool "edge"',
        severity: "error",
        addresses: ["192.0.2.200"],
      },
    ]);
  });

  it("one that no member announces is reported by one of them: an error if Services have it, a warning if a pool would assign it", () => {
    const members = ["n1", "n2", "n3", "n4"].map((node) => member(node));
    const all = reports(members, router(["192.0.2.200", "192.0.2.201"])).flat();
    expect(all.map(({ severity, addresses }) => [severity, addresses])).toEqual([
      ["error", ["192.0.2.200"]],
      ["warning", ["192.0.2.201"]],
    ]);
    expect(all[1]?.what).toBe('A virtual router has 192.0.2.201 of the pool "edge", which no Service has yet');
  });

  it("the node that plays the router is named, and another one reports it, for it does not hear itself", () => {
    for (const speaking of ["n1", "n2"]) {
      const found = reports([member("n1"), member("n2")], router(["192.0.2.201"]), speaking);
      expect(found.map((one) => one.length)).toEqual(speaking === "n1" ? [0, 1] : [1, 0]);
      expect(found.flat()[0]?.why).toMatch(
        new RegExp(`^node ${speaking}, 02:00:00:00:00:01 \\(192\\.0\\.2\\.1\\) says`),
      );
    }
  });

  it("where no member is in its network one reports it all the same, and in no network of the others one that is", () => {
    const elsewhere = [parseCidr("198.51.100.0/24") ?? expect.fail()];
    const away = ["n1", "n2"].map((node) => member(node, [], elsewhere));
    expect(reports(away, router(["192.0.2.201"])).flat()).toHaveLength(1);
    for (let number = 3; number < 20; number++) {
      const near = member(`n${number}`);
      expect(reports([...away, near], router(["192.0.2.201"])).map(({ length }) => length)).toEqual([0, 0, 1]);
    }
  });

  it("a machine that is several routers is one Problem", () => {
    const routers = new VirtualRouters();
    const seen = [51, 52, 53, 54, 55].map((id) =>
      router(["192.0.2.201"], { id, priority: id, source: ipOf(`192.0.2.${id % 2}`) }),
    );
    for (const one of seen) routers.hear(one, isOurs, 0);
    const found = problemsOf(routers, [member("n1")]);
    expect(found.flat().map(({ why }) => why)).toEqual([
      "the machine 02:00:00:00:00:01 (192.0.2.0 and 192.0.2.1) says so by VRRP, as virtual router 51 (priority 51), 52 (priority 52), 53 (priority 53) and 2 more",
    ]);
  });

  it("sixteen machines are four Problems and one for each severity, errors first, and no address is left out", () => {
    const routers = new VirtualRouters();
    for (let index = 0; index < 16; index++) {
      const last = index % 4 === 3 ? "200" : `${201 + (index % 2)}`;
      const own = { mac: hex(`0200000000${(16 + index).toString(16)}`), source: ipOf(`192.0.2.${index}`), id: index };
      routers.hear(router([`192.0.2.${last}`], own), () => true, 0);
    }
    const found = problemsOf(routers, [member("n1")]).flat();
    expect(found.map(({ severity, addresses }) => [severity, addresses])).toEqual([
      ...Array.from({ length: 4 }, () => ["error", ["192.0.2.200"]]),
      ["warning", ["192.0.2.201-202"]],
    ]);
    const alone = ["13", "17", "1b", "1f"].map((mac) => expect.stringMatching(`^the machine 02:00:00:00:00:${mac} `));
    expect(found.map(({ why }) => why)).toEqual([
      ...alone,
      "the machine 02:00:00:00:00:10 (192.0.2.0), the machine 02:00:00:00:00:11 (192.0.2.1), the machine 02:00:00:00:00:12 (192.0.2.2) and 9 more " +
        "say so by VRRP, as virtual router 0 (priority 150), 1 (priority 150), 10 (priority 150) and 9 more",
    ]);
  });

  it("machines that share a Problem have one for what Services have, and one for the rest", () => {
    const routers = new VirtualRouters();
    for (let index = 0; index < 6; index++) {
      const own = { mac: hex(`02000000000${index}`) };
      routers.hear(router(index < 5 ? ["192.0.2.200", "192.0.2.201"] : ["192.0.2.201"], own), isOurs, 0);
    }
    const found = problemsOf(routers, [member("n1")]).flat();
    expect(found.map(({ severity, why }) => [severity, why.match(/ and (\d+) more say /)?.[1]])).toEqual([
      ...Array.from({ length: 5 }, () => ["error", undefined]),
      ["warning", "3"],
    ]);
  });

  it("an address of Services that no pool contains is reported without a pool; one that is ours no longer is not", () => {
    const [found] = reports([member("n1")], router(["2001:db8::c0:ffee"]));
    expect(found).toEqual([]);
  });
});
