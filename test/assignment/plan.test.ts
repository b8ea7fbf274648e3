import { printIp } from "#src/ip/address.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Pool } from "#src/model/pool.ts";
import { describe, expect, it } from "vitest";
import { Cluster, host, ip, pool, rest, service, type Short, snapshot, summary } from "./build.ts";

const DUAL: Short = { families: ["ipv4", "ipv6"] };
const PREFER: Short = { ...DUAL, ipFamilyPolicy: "PreferDualStack" };
const REQUIRE: Short = { ...DUAL, ipFamilyPolicy: "RequireDualStack" };
const four = pool("four", ["192.0.2.8/30"]);
const six = pool("six", ["2001:db8::/64"]);
const both = pool("both", ["198.51.100.0/30", "2001:db8:1::/126"]);

/** One Service in one plan: its line of the summary. */
function lineOf(pools: readonly Pool[] | undefined, short: Short, others: readonly ReturnType<typeof service>[] = []) {
  return summary(planAssignments(snapshot(pools, [service("it", short), ...others])))["it"];
}

describe("planAssignments()", () => {
  const taken = service("other", { has: ["192.0.2.8"] });
  it.each<{ name: string; pools?: readonly Pool[]; short: Short; line: string }>([
    { name: "the lowest free address", short: {}, line: "assign 192.0.2.9 AddressAssigned" },
    { name: "IPv6 for an IPv6 Service", short: { families: ["ipv6"] }, line: "assign 2001:db8:: AddressAssigned" },
    {
      name: "what is in status, again and again",
      short: { has: ["192.0.2.10"] },
      line: "keep 192.0.2.10 AddressAssigned",
    },
    { name: "the requested address", short: { requests: ["192.0.2.11"] }, line: "assign 192.0.2.11 AddressAssigned" },
    {
      name: "the requested address of a pool without auto-assign",
      short: { requests: ["203.0.113.1"] },
      line: "assign 203.0.113.1 AddressAssigned",
    },
    {
      name: "nothing for an address outside all pools",
      short: { requests: ["10.0.0.1"] },
      line: "pending RequestedAddressNotInPool",
    },
    { name: "nothing for a taken address", short: { requests: ["192.0.2.8"] }, line: "pending RequestedAddressInUse" },
    { name: "from the requested pool", short: { requestedPool: "hand" }, line: "assign 203.0.113.0 AddressAssigned" },
    { name: "nothing from an unknown pool", short: { requestedPool: "none" }, line: "pending RequestedPoolUnknown" },
    {
      name: "a requested address in the requested pool",
      short: { requestedPool: "hand", requests: ["203.0.113.1"] },
      line: "assign 203.0.113.1 AddressAssigned",
    },
    {
      name: "nothing for a requested address outside the requested pool",
      short: { requestedPool: "hand", requests: ["192.0.2.11"] },
      line: "pending RequestedAddressNotInPool",
    },
    {
      name: "nothing of a family that the requested pool has not",
      short: { requestedPool: "hand", families: ["ipv6"] },
      line: "pending FamilyUnavailable",
    },
    { name: "ClusterIP: none of our business", short: { type: "ClusterIP" }, line: "ignore AddressReleased" },
    {
      name: "released when the type changes",
      short: { type: "NodePort", has: ["192.0.2.9"] },
      line: "release AddressReleased",
    },
    {
      name: "released when the family goes, and served in the new one",
      short: { families: ["ipv6"], has: ["192.0.2.9"] },
      line: "assign 2001:db8:: AddressAssigned",
    },
    {
      name: "L13 both of two addresses of one family that are in use",
      short: { has: ["192.0.2.9", "192.0.2.10"] },
      line: "keep 192.0.2.9 192.0.2.10 AddressAssigned",
    },
    {
      name: "another class: untouched",
      short: { loadBalancerClass: "other", has: ["192.0.2.9"] },
      line: "ignore 192.0.2.9 OtherLoadBalancerClass",
    },
    {
      name: "an address that a pool contained once keeps serving",
      short: { has: ["10.9.9.9"], allocatedFrom: "gone" },
      line: "keep 10.9.9.9 AddressOrphaned",
    },
    {
      name: "a garbled request keeps what it has",
      short: { has: ["192.0.2.9"], requestProblems: [garbled()] },
      line: "keep 192.0.2.9 BadRequest",
    },
    { name: "a garbled request gets nothing new", short: { requestProblems: [garbled()] }, line: "pending BadRequest" },
    {
      name: "a warning about a request does not stop it",
      short: { requestProblems: [{ ...garbled(), severity: "warning" }] },
      line: "assign 192.0.2.9 AddressAssigned",
    },
  ])("gives $name", ({ short, line }) => {
    const pools = [four, six, pool("hand", ["203.0.113.0/31"], { autoAssign: false })];
    expect(lineOf(pools, short, [taken])).toBe(line);
  });

  it.each<{ flag: string | undefined; also?: boolean; of: string | undefined; ours: boolean }>([
    { flag: undefined, of: undefined, ours: true },
    { flag: "hawser.dev/lb", also: true, of: "hawser.dev/lb", ours: true },
    { flag: "hawser.dev/lb", also: true, of: undefined, ours: true },
    { flag: "hawser.dev/lb", also: true, of: "other", ours: false },
    { flag: undefined, of: "hawser.dev/lb", ours: false },
    { flag: "hawser.dev/lb", of: "hawser.dev/lb", ours: true },
    { flag: "hawser.dev/lb", of: "other", ours: false },
    { flag: "hawser.dev/lb", of: undefined, ours: false },
  ])("class flag $flag, classless too: $also, class $of: ours $ours", ({ flag, also = false, of, ours }) => {
    const plan = planAssignments(
      snapshot([four], [service("it", { loadBalancerClass: of })], { loadBalancerClass: flag, alsoClassless: also }),
    );
    expect(plan.assignments.get("default/it")?.kind).toBe(ours ? "assign" : "ignore");
  });

  it.each<{ name: string; pools: readonly Pool[] | undefined; short: Short; line: string }>([
    { name: "no configuration ever: pending", pools: undefined, short: {}, line: "pending NoPoolConfigured" },
    {
      name: "no configuration ever: what is there stays",
      pools: undefined,
      short: { has: ["192.0.2.9"] },
      line: "ignore 192.0.2.9 NoPoolConfigured",
    },
    { name: "an empty configuration", pools: [], short: {}, line: "pending NoPoolConfigured" },
    {
      name: "only pools without auto-assign",
      pools: [pool("hand", ["192.0.2.0/24"], { autoAssign: false })],
      short: {},
      line: "pending NoPoolConfigured",
    },
    { name: "no pool of the family", pools: [four], short: { families: ["ipv6"] }, line: "pending FamilyUnavailable" },
    {
      name: "pools in declared order",
      pools: [pool("z", ["192.0.2.9/32"]), pool("a", ["192.0.2.1/32"])],
      short: {},
      line: "assign 192.0.2.9 AddressAssigned",
    },
    {
      name: "ranges in declared order",
      pools: [pool("a", ["192.0.2.9/32", "192.0.2.1/32"])],
      short: {},
      line: "assign 192.0.2.9 AddressAssigned",
    },
  ])("$name", ({ pools, short, line }) => expect(lineOf(pools, short)).toBe(line));
});

function garbled(): Problem {
  const text = {
    at: { kind: "part", name: "here" } as const,
    what: "Cannot read it",
    why: "it is garbled",
    fix: "Write it",
  };
  return { ...text, code: "REQUEST_ADDRESS_UNREADABLE", severity: "error" };
}

describe("avoid-buggy-ips", () => {
  it.each([
    { range: "192.0.2.0/31", addresses: ["192.0.2.1"], size: 1n },
    { range: "192.0.2.254/31", addresses: ["192.0.2.254"], size: 1n },
    { range: "192.0.2.255-192.0.3.0", addresses: [], size: 0n },
    { range: "192.0.2.254-192.0.3.1", addresses: ["192.0.2.254", "192.0.3.1"], size: 2n },
    { range: "192.0.2.0/24", addresses: ["192.0.2.1", "192.0.2.2", "192.0.2.3"], size: 254n },
    { range: "10.0.0.0/30", addresses: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], size: 3n },
  ])("$range gives $addresses of $size", ({ range, addresses, size }) => {
    const services = [1, 2, 3].map((n) => service(`s${n}`));
    const plan = planAssignments(snapshot([pool("p", [range], { avoidBuggyIps: true })], services));
    expect([...plan.assignments.values()].flatMap((one) => one.addresses.map(printIp))).toEqual(addresses);
    expect(plan.pools).toMatchObject([{ pool: "p", family: "ipv4", size, used: addresses.length }]);
  });

  it("refuses a request for such an address, and keeps one that is in use", () => {
    const avoiding = [pool("p", ["192.0.2.0/24"], { avoidBuggyIps: true })];
    expect(lineOf(avoiding, { requests: ["192.0.2.255"] })).toBe("pending RequestedAddressNotInPool");
    expect(lineOf(avoiding, { has: ["192.0.2.0"] })).toBe("keep 192.0.2.0 AddressAssigned");
  });

  it("gives IPv6 addresses that end in 0 or 255", () => {
    expect(lineOf([pool("p", ["2001:db8::/64"], { avoidBuggyIps: true })], { families: ["ipv6"] })).toContain(
      "2001:db8:: ",
    );
  });
});

describe("sharing", () => {
  const key: Short = { sharingKey: "k", has: [] };
  const one = service("one", { ...key, has: ["192.0.2.8"] });
  it.each<{ name: string; one?: Short; short: Short; shares: boolean }>([
    { name: "same key, other port", short: { ...key, ports: ["TCP/443"] }, shares: true },
    { name: "same number, other protocol", short: { ...key, ports: ["UDP/80"] }, shares: true },
    { name: "same port", short: { ...key, ports: ["TCP/443", "TCP/80"] }, shares: false },
    { name: "other key", short: { sharingKey: "l", ports: ["TCP/443"] }, shares: false },
    { name: "no key", short: { ports: ["TCP/443"] }, shares: false },
    {
      name: "Local beside Cluster",
      short: { ...key, ports: ["TCP/443"], externalTrafficPolicy: "Local" },
      shares: false,
    },
    {
      name: "Local with an empty selector beside Cluster",
      short: { ...key, ports: ["TCP/443"], externalTrafficPolicy: "Local", selector: {} },
      shares: true,
    },
    {
      name: "Local beside Local, same selector in other order",
      one: { externalTrafficPolicy: "Local", selector: { a: "1", b: "2" } },
      short: { ...key, ports: ["TCP/443"], externalTrafficPolicy: "Local", selector: { b: "2", a: "1" } },
      shares: true,
    },
    {
      name: "Local beside Local, other selector",
      one: { externalTrafficPolicy: "Local", selector: { a: "1" } },
      short: { ...key, ports: ["TCP/443"], externalTrafficPolicy: "Local", selector: { a: "2" } },
      shares: false,
    },
    { name: "in another namespace", short: { ...key, ports: ["TCP/443"], namespace: "else" }, shares: true },
  ])("$name: $shares", ({ one: more, short, shares }) => {
    const first = { ...one, ...more } as typeof one;
    expect(lineOf([four], short, [first])).toContain(shares ? "192.0.2.8" : "192.0.2.9");
    const requested = lineOf([four], { ...short, requests: ["192.0.2.8"] }, [first]);
    expect(requested).toBe(shares ? "assign 192.0.2.8 AddressAssigned" : "pending RequestedAddressInUse");
  });

  it("skips those that refuse, and joins the next", () => {
    const holders = [0, 1, 2].map((n) =>
      service(`h${n}`, { ...key, has: [`192.0.2.${8 + n}`], ports: [`TCP/${80 + n}`] }),
    );
    const ports = ["TCP/80", "TCP/81"];
    expect(lineOf([four], { ...key, ports }, holders)).toBe("assign 192.0.2.10 AddressAssigned");
  });

  it("names the holder and the cause when it refuses", () => {
    const asking = service("it", { ...key, requests: ["192.0.2.8"] });
    const plan = planAssignments(snapshot([four], [one, asking]));
    expect(plan.assignments.get("default/it")?.message).toBe(
      "The requested address 192.0.2.8 belongs to default/one, and both use the port TCP/80. " +
        "Ask for another address, or release the requested one.",
    );
  });

  it("names the Service in whose spec.externalIPs it is, also where another one has it", () => {
    const asking = service("it", { requests: ["192.0.2.8"] });
    const other = service("other", { type: "ClusterIP", externalIps: ["192.0.2.8"] });
    const plan = planAssignments(snapshot([four], [one, other, asking]));
    expect(plan.assignments.get("default/it")?.message).toContain(
      "belongs to default/other, and it is in spec.externalIPs there.",
    );
  });

  it("lets the only holder change key and ports in place, and parts two that may no longer share", () => {
    const cluster = new Cluster([four]);
    cluster.put(service("a", { sharingKey: "k" }), service("b", { sharingKey: "k", ports: ["TCP/443"], createdMs: 1 }));
    expect(cluster.put(service("a", { sharingKey: "k", ports: ["TCP/81"] }))).toEqual({
      a: "keep 192.0.2.8 AddressAssigned",
      b: "keep 192.0.2.8 AddressAssigned",
    });
    expect(cluster.put(service("b", { sharingKey: "k", ports: ["TCP/81"], createdMs: 1 }))).toEqual({
      a: "keep 192.0.2.8 AddressAssigned",
      b: "keep 192.0.2.9 AddressAssigned",
    });
    expect(cluster.put(service("a", { sharingKey: "other", ports: ["TCP/1"] }))["a"]).toBe(
      "keep 192.0.2.8 AddressAssigned",
    );
  });
});

describe("fill, exhaust, release", () => {
  it.each([
    { name: "IPv4", pools: [four], short: {}, last: "192.0.2.11" },
    {
      name: "IPv6",
      pools: [pool("p", ["2001:db8::/126"])],
      short: { families: ["ipv6"] } as Short,
      last: "2001:db8::3",
    },
    {
      name: "several pools",
      pools: [pool("p", ["192.0.2.8/31"]), pool("q", ["192.0.2.10/31"])],
      short: {},
      last: "192.0.2.11",
    },
    { name: "both families", pools: [both], short: REQUIRE, last: "198.51.100.3 2001:db8:1::3" },
  ])("$name: the fifth waits, a release lets it in, the sixth waits", ({ pools, short, last }) => {
    const cluster = new Cluster(pools);
    const lines = cluster.put(...[1, 2, 3, 4, 5].map((n) => service(`s${n}`, { ...short, createdMs: n })));
    expect(lines["s4"]).toBe(`keep ${last} AddressAssigned`);
    expect(lines["s5"]).toBe("pending PoolExhausted");
    expect(cluster.remove("s4")["s5"]).toBe(`keep ${last} AddressAssigned`);
    expect(cluster.put(service("s6", { ...short, createdMs: 6 }))["s6"]).toBe("pending PoolExhausted");
    const shared = cluster.put(service("s5", { ...short, createdMs: 5, sharingKey: "k" }));
    expect(shared["s6"]).toBe("pending PoolExhausted");
    const joined = cluster.put(service("s6", { ...short, createdMs: 6, sharingKey: "k", ports: ["TCP/81"] }));
    expect(joined["s6"]).toBe(`keep ${last} AddressAssigned`);
  });

  it("says how full the pools are and what to do", () => {
    const services = [1, 2, 3, 4, 5].map((n) => service(`s${n}`));
    expect(planAssignments(snapshot([four], services)).assignments.get("default/s5")?.message).toBe(
      'No free IPv4 address: pool "four" has 4 of 4 addresses in use. ' +
        "Add a range, or delete a Service that no longer needs its address.",
    );
  });

  it("serves those who wait oldest first, then by name", () => {
    const services = [service("a", { createdMs: 2 }), service("c", { createdMs: 1 }), service("b", { createdMs: 1 })];
    const plan = planAssignments(snapshot([pool("p", ["192.0.2.0/31"])], services));
    expect(summary(plan)).toEqual({
      a: "pending PoolExhausted",
      b: "assign 192.0.2.0 AddressAssigned",
      c: "assign 192.0.2.1 AddressAssigned",
    });
  });

  it("swaps two addresses only by way of a release", () => {
    const cluster = new Cluster([pool("p", ["192.0.2.0/31"])]);
    cluster.put(service("a"), service("b"));
    const swapped = cluster.put(service("a", { requests: ["192.0.2.1"] }), service("b", { requests: ["192.0.2.0"] }));
    expect(swapped).toEqual({ a: "keep 192.0.2.0 RequestedAddressInUse", b: "keep 192.0.2.1 RequestedAddressInUse" });
    cluster.remove("b");
    expect(cluster.put(service("b", { requests: ["192.0.2.0"] }))).toEqual({
      a: "keep 192.0.2.1 AddressAssigned",
      b: "keep 192.0.2.0 AddressAssigned",
    });
  });
});

describe("the address of a Node", () => {
  const hostAddresses = new Map([["192.0.2.1", host("192.0.2.1")]]);
  const pools = [pool("p", ["192.0.2.0/31"])];

  it("is given to nobody, and a request for it is refused with the reason", () => {
    const services = [
      service("asks", { requests: ["192.0.2.1"] }),
      service("first", { createdMs: 1 }),
      service("waits", { createdMs: 2 }),
    ];
    const plan = planAssignments(snapshot(pools, services, { hostAddresses }));
    expect(summary(plan)).toEqual({
      asks: "pending RequestedAddressInUse",
      first: "assign 192.0.2.0 AddressAssigned",
      waits: "pending PoolExhausted",
    });
    expect(plan.assignments.get("default/asks")?.message).toContain('belongs to Node "n1"');
  });

  it("L1 is taken from a Service that has it, which gets another one in the same write", () => {
    const has = service("has", { has: ["192.0.2.1"], sharingKey: "k", allocatedFrom: "p" });
    const joins = service("joins", { requests: ["192.0.2.1"], sharingKey: "k", ports: ["TCP/81"] });
    const plan = planAssignments(snapshot(pools, [has, joins], { hostAddresses }));
    expect(summary(plan)).toEqual({
      has: "assign 192.0.2.0 AddressAssigned",
      joins: "pending RequestedAddressInUse",
    });
    expect(plan.assignments.get("default/has")?.released).toEqual([
      {
        ip: ip("192.0.2.1"),
        reason: "AddressUnusable",
        message: '192.0.2.1: it is the address of Node "n1", and no Service can have it.',
      },
    ]);
  });
});

describe("rest", () => {
  const pools = [pool("p", ["192.0.2.0/30"])];
  const resting = new Map([
    ["192.0.2.0", rest(990_000)],
    ["192.0.2.1", rest(980_000)],
    ["192.0.2.3", rest(880_000)],
  ]);
  it("passes over freed addresses while others are free, then takes the one that rests longest", () => {
    const services = [1, 2, 3, 4, 5].map((n) => service(`s${n}`));
    expect(summary(planAssignments(snapshot(pools, services, { resting })))).toEqual({
      s1: "assign 192.0.2.2 AddressAssigned",
      s2: "assign 192.0.2.3 AddressAssigned",
      s3: "assign 192.0.2.1 AddressAssigned",
      s4: "assign 192.0.2.0 AddressAssigned",
      s5: "pending PoolExhausted",
    });
  });

  it("ends after its time", () => {
    const rested = new Map([["192.0.2.0", rest(880_000)]]);
    expect(summary(planAssignments(snapshot(pools, [service("it")], { resting: rested })))["it"]).toContain(
      "192.0.2.0",
    );
  });

  it("does not make who asks for it wait", () => {
    const asking = service("it", { requests: ["192.0.2.0"] });
    expect(summary(planAssignments(snapshot(pools, [asking], { resting })))["it"]).toContain("assign 192.0.2.0");
  });

  it("gives a released address to another only when the release stands in the status", () => {
    const services = [service("gone", { type: "ClusterIP", has: ["192.0.2.0"] }), service("waits")];
    const first = planAssignments(snapshot([pool("p", ["192.0.2.0/32"])], services));
    expect(summary(first)).toEqual({ gone: "release AddressReleased", waits: "pending PoolExhausted" });
    const asking = [
      service("gone", { type: "ClusterIP", has: ["192.0.2.0"] }),
      service("waits", { requests: ["192.0.2.0"] }),
    ];
    expect(summary(planAssignments(snapshot(pools, asking)))["waits"]).toBe("pending RequestedAddressInUse");
  });
});

describe("a request that changes", () => {
  it.each<{ name: string; short: Short; line: string; released: string[] }>([
    {
      name: "to a free address",
      short: { requests: ["192.0.2.11"] },
      line: "assign 192.0.2.11 AddressAssigned",
      released: ["192.0.2.10"],
    },
    {
      name: "to a taken one",
      short: { requests: ["192.0.2.8"] },
      line: "keep 192.0.2.10 RequestedAddressInUse",
      released: [],
    },
    {
      name: "to one of no pool",
      short: { requests: ["10.0.0.1"] },
      line: "keep 192.0.2.10 RequestedAddressNotInPool",
      released: [],
    },
    {
      name: "to another pool",
      short: { requestedPool: "both" },
      line: "assign 198.51.100.0 AddressAssigned",
      released: ["192.0.2.10"],
    },
    { name: "to a full pool", short: { requestedPool: "full" }, line: "keep 192.0.2.10 PoolExhausted", released: [] },
    {
      name: "to an unknown pool",
      short: { requestedPool: "none" },
      line: "keep 192.0.2.10 RequestedPoolUnknown",
      released: [],
    },
    { name: "to none", short: {}, line: "keep 192.0.2.10 AddressAssigned", released: [] },
    {
      name: "from an orphaned address to a pool",
      short: { requestedPool: "both", has: ["10.9.9.9"] },
      line: "assign 198.51.100.0 AddressAssigned",
      released: ["10.9.9.9"],
    },
  ])("$name is make-before-break", ({ short, line, released }) => {
    const others = [service("other", { has: ["192.0.2.8"] }), service("x", { has: ["203.0.113.1"] })];
    const it = service("it", { has: ["192.0.2.10"], ...short });
    const plan = planAssignments(snapshot([four, both, pool("full", ["203.0.113.1/32"])], [it, ...others]));
    expect(summary(plan)["it"]).toBe(line);
    expect(plan.assignments.get(it.key)?.released.map((one) => printIp(one.ip))).toEqual(released);
  });
});

describe("dual stack", () => {
  const full6 = [service("x", { families: ["ipv6"], has: ["2001:db8:2::"] })];
  const v6Full = pool("v6-full", ["2001:db8:2::/128"]);
  it.each<{ name: string; pools: readonly Pool[]; short: Short; line: string }>([
    {
      name: "Prefer: both from one pool",
      pools: [four, both],
      short: PREFER,
      line: "assign 198.51.100.0 2001:db8:1:: AddressAssigned",
    },
    {
      name: "Prefer: from two pools",
      pools: [four, six],
      short: PREFER,
      line: "assign 192.0.2.8 2001:db8:: AddressAssigned",
    },
    { name: "Prefer: IPv4 only", pools: [four], short: PREFER, line: "assign 192.0.2.8 FamilyUnavailable" },
    { name: "Prefer: IPv6 only", pools: [six], short: PREFER, line: "assign 2001:db8:: FamilyUnavailable" },
    { name: "Prefer: IPv6 full", pools: [four, v6Full], short: PREFER, line: "assign 192.0.2.8 PoolExhausted" },
    {
      name: "Prefer: the primary family first",
      pools: [both],
      short: { ...PREFER, families: ["ipv6", "ipv4"] },
      line: "assign 2001:db8:1:: 198.51.100.0 AddressAssigned",
    },
    {
      name: "Prefer on a single-stack cluster",
      pools: [both],
      short: { ...PREFER, families: ["ipv4"] },
      line: "assign 198.51.100.0 AddressAssigned",
    },
    {
      name: "Prefer: the other family later",
      pools: [four, six],
      short: { ...PREFER, has: ["192.0.2.9"] },
      line: "assign 192.0.2.9 2001:db8:: AddressAssigned",
    },
    {
      name: "Prefer: later from its own pool first",
      pools: [six, both],
      short: { ...PREFER, has: ["198.51.100.1"] },
      line: "assign 198.51.100.1 2001:db8:1:: AddressAssigned",
    },
    {
      name: "Prefer: one pinned, one chosen",
      pools: [four, six],
      short: { ...PREFER, requests: ["192.0.2.11"] },
      line: "assign 192.0.2.11 2001:db8:: AddressAssigned",
    },
    { name: "Require: both", pools: [four, six], short: REQUIRE, line: "assign 192.0.2.8 2001:db8:: AddressAssigned" },
    { name: "Require: none without the family", pools: [four], short: REQUIRE, line: "pending FamilyUnavailable" },
    { name: "Require: none with one full", pools: [four, v6Full], short: REQUIRE, line: "pending PoolExhausted" },
    {
      name: "Require: none if a pinned one is refused",
      pools: [both],
      short: { ...REQUIRE, requests: ["10.0.0.1"] },
      line: "pending RequestedAddressNotInPool",
    },
    {
      name: "Require: keeps what it has",
      pools: [four],
      short: { ...REQUIRE, has: ["192.0.2.9"] },
      line: "keep 192.0.2.9 FamilyUnavailable",
    },
    {
      name: "Require on a single-stack cluster",
      pools: [both],
      short: { ...REQUIRE, families: ["ipv4"] },
      line: "pending FamilyUnavailable",
    },
    {
      name: "status in the other order stays",
      pools: [both],
      short: { ...PREFER, has: ["2001:db8:1::", "198.51.100.0"] },
      line: "keep 2001:db8:1:: 198.51.100.0 AddressAssigned",
    },
  ])("$name", ({ pools, short, line }) => expect(lineOf(pools, short, full6)).toBe(line));

  it("holds back nothing for a Service that waits for its other family", () => {
    const plan = planAssignments(snapshot([pool("p", ["192.0.2.0/32"])], [service("a", REQUIRE), service("b")]));
    expect(summary(plan)).toEqual({ a: "pending FamilyUnavailable", b: "assign 192.0.2.0 AddressAssigned" });
  });
});

describe("a configuration that changes", () => {
  const before = [pool("p", ["192.0.2.0/24"])];
  it.each<{ name: string; after: Pool[]; line: string; pool: string | undefined }>([
    { name: "same", after: before, line: "keep 192.0.2.9 AddressAssigned", pool: "p" },
    {
      name: "grown",
      after: [pool("p", ["192.0.2.0/24", "10.0.0.0/24"])],
      line: "keep 192.0.2.9 AddressAssigned",
      pool: "p",
    },
    {
      name: "shrunk around it",
      after: [pool("p", ["192.0.2.9/32"])],
      line: "keep 192.0.2.9 AddressAssigned",
      pool: "p",
    },
    {
      name: "shrunk past it",
      after: [pool("p", ["192.0.2.0/30"])],
      line: "keep 192.0.2.9 AddressOrphaned",
      pool: "p",
    },
    { name: "renamed", after: [pool("q", ["192.0.2.0/24"])], line: "keep 192.0.2.9 AddressAssigned", pool: "q" },
    {
      name: "split",
      after: [pool("p", ["192.0.2.0/29"]), pool("q", ["192.0.2.8/29"])],
      line: "keep 192.0.2.9 AddressAssigned",
      pool: "q",
    },
    {
      name: "auto-assign off",
      after: [pool("p", ["192.0.2.0/24"], { autoAssign: false })],
      line: "keep 192.0.2.9 AddressAssigned",
      pool: "p",
    },
    {
      name: "a pool before it",
      after: [pool("new", ["10.0.0.0/24"]), ...before],
      line: "keep 192.0.2.9 AddressAssigned",
      pool: "p",
    },
    { name: "no pool left", after: [], line: "keep 192.0.2.9 AddressOrphaned", pool: "p" },
  ])("$name moves nobody", ({ after, line, pool: name }) => {
    const plan = planAssignments(snapshot(after, [service("it", { has: ["192.0.2.9"], allocatedFrom: "p" })]));
    expect(summary(plan)["it"]).toBe(line);
    expect(plan.assignments.get("default/it")?.pool).toBe(name);
  });

  it("picks up who waits when a pool appears, and says how to move an orphan", () => {
    const cluster = new Cluster([]);
    expect(cluster.put(service("it"))["it"]).toBe("pending NoPoolConfigured");
    expect(cluster.configure(before)["it"]).toBe("keep 192.0.2.0 AddressAssigned");
    cluster.configure([six]);
    expect(planAssignments(cluster.snapshot).assignments.get("default/it")?.message).toBe(
      "Has 192.0.2.0. 192.0.2.0: no pool contains it any longer. It keeps serving. " +
        "To exchange it for an address of a pool, run hawser release default/it; to keep it, add it to a pool.",
    );
  });
});

describe("adoption", () => {
  it("comes before the first new assignment, whatever the age", () => {
    const services = [service("new", { createdMs: 1 }), service("old", { createdMs: 2, has: ["192.0.2.8"] })];
    expect(summary(planAssignments(snapshot([four], services)))).toEqual({
      new: "assign 192.0.2.9 AddressAssigned",
      old: "keep 192.0.2.8 AddressAssigned",
    });
  });

  it("lets the oldest of two holders keep an address, and says so to the other", () => {
    const services = [
      service("young", { createdMs: 2, has: ["192.0.2.8"] }),
      service("old", { createdMs: 1, has: ["192.0.2.8"] }),
    ];
    const plan = planAssignments(snapshot([four], services));
    expect(summary(plan)).toEqual({
      old: "keep 192.0.2.8 AddressAssigned",
      young: "assign 192.0.2.9 AddressAssigned",
    });
    expect(plan.assignments.get("default/young")?.released).toEqual([
      {
        ip: ip("192.0.2.8"),
        reason: "AddressConflict",
        message: "192.0.2.8: default/old is older and keeps it, and they do not share: both need the same sharing key.",
      },
    ]);
  });

  it("gives nobody what an unreadable Service or one of another class holds, and takes it from nobody", () => {
    const services = [
      service("class", { loadBalancerClass: "other", has: ["192.0.2.8"] }),
      service("holder", { createdMs: 5, has: ["192.0.2.9"], sharingKey: "k" }),
      service("new", { createdMs: 6, sharingKey: "k", ports: ["TCP/81"] }),
    ];
    const unreadable = new Map([["default/garbled", [ip("192.0.2.9"), ip("192.0.2.10")]]]);
    expect(summary(planAssignments(snapshot([four], services, { unreadable })))).toEqual({
      class: "ignore 192.0.2.8 OtherLoadBalancerClass",
      holder: "keep 192.0.2.9 AddressAssigned",
      new: "assign 192.0.2.11 AddressAssigned",
    });
  });
});
