// Which Services a pool serves, and which of its addresses: metallb.md section 1.2, and Hawser's own fields.
import { printIp } from "#src/ip/address.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { describe, expect, it } from "vitest";
import { Cluster, host, ip, pool, rest, service, type Short, snapshot, summary } from "./build.ts";

/** `name=value`. */
function selector(text: string): LabelSelector {
  const [key = "", value = ""] = text.split("=");
  return [{ key, operator: "In", values: [value] }];
}

/** A Service of another namespace. */
function serviceIn(namespace: string, name: string, short: Short = {}) {
  return service(name, { ...short, namespace, key: `${namespace}/${name}` });
}

const NAMESPACES = new Map([
  ["default", { team: "x" }],
  ["other", { team: "y" }],
]);

/** What one Service gets, by default with `web` of the namespace `default`: address and reason. */
function got(pools: readonly Pool[], short: Short = {}, more: Partial<AssignmentSnapshot> = {}): string {
  const plan = planAssignments(snapshot(pools, [service("web", short)], { namespaces: NAMESPACES, ...more }));
  return summary(plan)["web"] ?? "";
}

const A = ["192.0.2.0/30"];
const B = ["192.0.2.8/30"];

describe("1.2 priority", () => {
  it.each([
    { name: "the lower number wins", a: 20, b: 10, first: "192.0.2.8" },
    { name: "0 comes after all others", a: 0, b: 100, first: "192.0.2.8" },
    { name: "of equal ones the first declared", a: 5, b: 5, first: "192.0.2.0" },
    { name: "none: as declared", a: 0, b: 0, first: "192.0.2.0" },
  ])("$name", ({ a, b, first }) => {
    expect(got([pool("a", A, { priority: a }), pool("b", B, { priority: b })])).toBe(`assign ${first} AddressAssigned`);
  });

  it("of equal ones, one for certain Services comes before one for all, and a full one is skipped", () => {
    const mine = pool("mine", ["192.0.2.8/32"], { namespaces: ["default"] });
    expect(got([pool("a", A), mine])).toBe("assign 192.0.2.8 AddressAssigned");
    const services = [service("one"), service("two", { createdMs: 1 })];
    expect(summary(planAssignments(snapshot([pool("a", A), mine], services)))).toEqual({
      one: "assign 192.0.2.8 AddressAssigned",
      two: "assign 192.0.2.0 AddressAssigned",
    });
  });
});

describe("1.2 who a pool serves", () => {
  const given = "assign 192.0.2.0 AddressAssigned";
  const refused = "pending PoolNotForService";
  const [x, y, none] = [selector("team=x"), selector("team=y"), selector("team=none")] as const;

  it.each<{ name: string; limits: Partial<Pool>; outcome: string }>([
    { name: "neither namespaces nor selectors: all", limits: {}, outcome: given },
    { name: "a namespace by name", limits: { namespaces: ["default"] }, outcome: given },
    { name: "another namespace", limits: { namespaces: ["other"] }, outcome: refused },
    { name: "a namespace by label", limits: { namespaceSelectors: [x] }, outcome: given },
    { name: "another namespace by label", limits: { namespaceSelectors: [y] }, outcome: refused },
    { name: "a selector that matches no namespace: nobody", limits: { namespaceSelectors: [none] }, outcome: refused },
    { name: "name or label", limits: { namespaces: ["other"], namespaceSelectors: [x] }, outcome: given },
    { name: "one of several labels", limits: { namespaceSelectors: [none, x] }, outcome: given },
    { name: "labels of the Service", limits: { serviceSelectors: [selector("app=web")] }, outcome: given },
    { name: "other labels", limits: { serviceSelectors: [selector("app=db")] }, outcome: refused },
    { name: "one of several selectors", limits: { serviceSelectors: [none, selector("app=web")] }, outcome: given },
    {
      name: "namespace and labels: both must hold",
      limits: { namespaces: ["other"], serviceSelectors: [selector("app=web")] },
      outcome: refused,
    },
    {
      name: "the label that each namespace has",
      limits: { namespaceSelectors: [selector("kubernetes.io/metadata.name=default")] },
      outcome: given,
    },
  ])("$name", ({ limits, outcome }) => {
    const labels = { app: "web" };
    expect(got([pool("a", A, limits)], { labels })).toBe(outcome);
    // Limits hold for requests too: of the pool and of an address.
    expect(got([pool("a", A, { ...limits, autoAssign: false })], { labels, requestedPool: "a" })).toBe(outcome);
    expect(got([pool("a", A, limits)], { labels, requests: ["192.0.2.0"] })).toBe(outcome);
  });

  it("says which pool, and what it lacks", () => {
    const pools = [pool("a", A, { namespaces: ["other"] }), pool("b", B, { serviceSelectors: [selector("app=db")] })];
    const messageOf = (short: Short) =>
      planAssignments(snapshot(pools, [service("web", short)])).assignments.get("default/web")?.message;
    expect(messageOf({})).toBe(
      'Pool "a" does not serve the namespace "default", pool "b" serves Services with other labels. Ask for another pool, or let one of these serve the Service.',
    );
    expect(messageOf({ requests: ["192.0.2.1"] })).toBe(
      'Cannot assign the requested address 192.0.2.1: pool "a" does not serve the namespace "default". Ask for another address, or let the pool serve the Service.',
    );
  });

  it.each([
    { operator: "NotIn", values: ["y"] },
    { operator: "DoesNotExist", values: [] },
  ] as const)("a namespace whose labels are not known yet is not one without them: $operator", (requirement) => {
    const limited = pool("a", A, { namespaceSelectors: [[{ key: "team", ...requirement }]] });
    expect(got([limited], {}, { namespaces: new Map() })).toBe(refused);
    expect(got([limited], {}, { namespaces: new Map([["default", {}]]) })).toBe(given);
  });

  it("a Service keeps its address when the pool stops serving it, and gets it when the namespace is labelled", () => {
    const planner = new AssignmentPlanner();
    const before = snapshot(
      [pool("a", A, { namespaceSelectors: [x] })],
      [service("web"), service("has", { has: ["192.0.2.2"] })],
    );
    const at = (team: string) => {
      planner.plan({ ...before, namespaces: new Map([["default", { team }]]) }, []);
      return summary({ assignments: planner.assignments, pools: [], givenUp: [] });
    };
    expect(at("y")).toEqual({ web: "pending PoolNotForService", has: "keep 192.0.2.2 AddressAssigned" });
    expect(at("x")).toEqual({ web: "assign 192.0.2.0 AddressAssigned", has: "keep 192.0.2.2 AddressAssigned" });
    const asked = {
      ...before,
      services: new Map([["default/has", service("has", { has: ["192.0.2.2"], requestedPool: "a" })]]),
    };
    expect(summary(planAssignments(asked))).toEqual({ has: "keep 192.0.2.2 AddressAssigned" });
  });

  it("no Service shares its way into a pool that does not serve it", () => {
    const shared = { sharingKey: "k" };
    const services = [
      service("old", { ...shared, has: ["192.0.2.0"], ports: ["TCP/1"] }),
      serviceIn("other", "new", { ...shared, ports: ["TCP/2"] }),
    ];
    const plan = planAssignments(snapshot([pool("a", A, { namespaces: ["default"] })], services));
    expect(summary(plan)["other/new"]).toBe("pending PoolNotForService");
  });
});

describe("a disabled pool", () => {
  const disabled = pool("a", A, { isDisabled: true });

  it.each([
    { name: "keeps", short: { has: ["192.0.2.1"] }, outcome: "keep 192.0.2.1 AddressAssigned" },
    { name: "gives no more", short: {}, outcome: "pending PoolDisabled" },
    { name: "gives no more to who asks for it", short: { requestedPool: "a" }, outcome: "pending PoolDisabled" },
    { name: "gives no address that is asked for", short: { requests: ["192.0.2.1"] }, outcome: "pending PoolDisabled" },
  ])("$name", ({ short, outcome }) => expect(got([disabled], short)).toBe(outcome));

  it("is skipped where another pool serves", () =>
    expect(got([disabled, pool("b", B)])).toBe("assign 192.0.2.8 AddressAssigned"));
});

describe("excluded addresses", () => {
  const excluding = (...texts: string[]) => pool("a", A, { excluded: pool("", texts).ranges });

  it("are not assigned, unasked or asked for, and are kept where they are in use", () => {
    expect(got([excluding("192.0.2.0/31")])).toBe("assign 192.0.2.2 AddressAssigned");
    expect(got([excluding("192.0.2.0/31")], { requests: ["192.0.2.1"] })).toBe("pending RequestedAddressNotInPool");
    expect(got([excluding("192.0.2.0/31")], { has: ["192.0.2.1"] })).toBe("keep 192.0.2.1 AddressAssigned");
    expect(got([excluding("192.0.2.0/24")])).toBe("pending PoolExhausted");
  });

  it("are marked in the condition of a Service that keeps one, and nobody joins it there", () => {
    const sharing = { sharingKey: "k" };
    const services = [
      service("old", { ...sharing, has: ["192.0.2.0"], ports: ["TCP/1"] }),
      service("new", { ...sharing, ports: ["TCP/2"] }),
    ];
    const plan = planAssignments(snapshot([excluding("192.0.2.0/32")], services));
    expect(plan.assignments.get("default/old")?.message).toBe(
      'Has 192.0.2.0 from pool "a" (which no longer assigns it: it keeps serving).',
    );
    expect(summary(plan)["new"]).toBe("assign 192.0.2.1 AddressAssigned");
  });

  it("half of a /64 costs no search", () => {
    const wide = pool("a", ["2001:db8::/64"], { excluded: pool("", ["2001:db8::/65"]).ranges });
    const plan = planAssignments(snapshot([wide], [service("web", { families: ["ipv6"] })]));
    expect(plan.assignments.get("default/web")?.addresses.map(printIp)).toEqual(["2001:db8:0:0:8000::"]);
    expect(plan.pools).toEqual([
      {
        pool: "a",
        family: "ipv6",
        size: 2n ** 63n,
        used: 1,
        assigned: 1,
        free: 2n ** 63n - 1n,
        orphaned: 0,
        resting: 0,
        excluded: 2n ** 63n,
      },
    ]);
  });

  it("of networks of the nodes are not assigned either, and are kept", () => {
    const networkAddresses = new Map([["192.0.2.0", ip("192.0.2.0")]]);
    expect(got([pool("a", A)], {}, { networkAddresses })).toBe("assign 192.0.2.1 AddressAssigned");
    expect(got([pool("a", A)], { has: ["192.0.2.0"] }, { networkAddresses })).toBe("keep 192.0.2.0 AddressAssigned");
    expect(got([pool("a", A)], { requests: ["192.0.2.0"] }, { networkAddresses })).toBe(
      "pending RequestedAddressNotInPool",
    );
  });
});

describe("quota of a namespace", () => {
  const limited = (quotaPerNamespace: number, ranges = ["192.0.2.0/28", "2001:db8::/64"]) =>
    pool("a", ranges, { quotaPerNamespace });

  it("counts addresses of the namespace in the pool; another namespace has its own", () => {
    const services = [1, 2, 3].map((at) => service(`s${at}`, { createdMs: at }));
    const plan = planAssignments(snapshot([limited(2)], [...services, serviceIn("other", "s4", { createdMs: 4 })]));
    expect(summary(plan)).toEqual({
      s1: "assign 192.0.2.0 AddressAssigned",
      s2: "assign 192.0.2.1 AddressAssigned",
      s3: "pending QuotaExceeded",
      "other/s4": "assign 192.0.2.2 AddressAssigned",
    });
    expect(plan.assignments.get("default/s3")?.message).toBe(
      'The namespace "default" has all addresses of pool "a" that its quota allows (2). Delete a Service there that no longer needs its address, or raise the quota.',
    );
  });

  it("goes to the next pool that has room", () =>
    expect(
      summary(
        planAssignments(
          snapshot(
            [
              limited(1),
              pool(
                "b",
                B.map(() => "198.51.100.0/30"),
              ),
            ],
            [service("s1"), service("s2", { createdMs: 1 })],
          ),
        ),
      ),
    ).toMatchObject({ s2: "assign 198.51.100.0 AddressAssigned" }));

  it("holds for requests, and an exchange within the pool is none more", () => {
    const has = service("has", { has: ["192.0.2.0"] });
    const asks = service("asks", { requests: ["192.0.2.5"], createdMs: 1 });
    expect(summary(planAssignments(snapshot([limited(1)], [has, asks])))["asks"]).toBe("pending QuotaExceeded");
    const moves = service("has", { has: ["192.0.2.0"], requests: ["192.0.2.5"] });
    expect(summary(planAssignments(snapshot([limited(1)], [moves])))["has"]).toBe("assign 192.0.2.5 AddressAssigned");
  });

  it("counts both families, and a shared address once", () => {
    const dual = { families: ["ipv4", "ipv6"] as const, ipFamilyPolicy: "PreferDualStack" as const };
    expect(summary(planAssignments(snapshot([limited(1)], [service("s", dual)])))["s"]).toBe(
      "assign 192.0.2.0 QuotaExceeded",
    );
    const both = planAssignments(snapshot([limited(1)], [service("a"), service("s", { ...dual, createdMs: 1 })]));
    expect(both.assignments.get("default/s")?.message).toMatch(
      /^The namespace "default" has all addresses [^.]*\. Delete [^.]*\.$/,
    );
    const twins = [1, 2].map((at) => service(`s${at}`, { sharingKey: "k", ports: [`TCP/${at}`], createdMs: at }));
    expect(summary(planAssignments(snapshot([limited(1)], twins)))).toEqual({
      s1: "assign 192.0.2.0 AddressAssigned",
      s2: "assign 192.0.2.0 AddressAssigned",
    });
  });

  it("takes nothing from those that have more, and gives the next one its address when one leaves", () => {
    const cluster = new Cluster([pool("a", A)]);
    cluster.put(service("s1"), service("s2"), service("s3"));
    expect(Object.values(cluster.configure([pool("a", A, { quotaPerNamespace: 1 })]))).toEqual([
      "keep 192.0.2.0 AddressAssigned",
      "keep 192.0.2.1 AddressAssigned",
      "keep 192.0.2.2 AddressAssigned",
    ]);
    expect(cluster.put(service("s4"))["s4"]).toBe("pending QuotaExceeded");
    cluster.remove("s1");
    cluster.remove("s2");
    // One address is kept for the namespace, and given up for it.
    expect(cluster.remove("s3")["s4"]).toBe("keep 192.0.2.2 AddressAssigned");
  });
});

it("beyond a quota, Services that share look at no address of their namespace again that had no room before", () => {
  const COUNT = 200;
  let reads = 0;
  const services = Array.from({ length: COUNT }, (_, at) => {
    const one = service(`s${at}`, { createdMs: at, sharingKey: "k", ports: ["TCP/80"] });
    const { ports } = one;
    return Object.defineProperty(one, "ports", { enumerable: true, get: () => (reads++, ports) });
  });
  const limited = pool("a", ["192.0.2.0/24"], { quotaPerNamespace: COUNT / 2 });
  const plan = planAssignments(snapshot([limited], services));
  expect(Object.values(summary(plan)).filter((line) => line === "pending QuotaExceeded")).toHaveLength(COUNT / 2);
  expect(reads).toBeLessThan(20 * COUNT);
});

describe("rest of a pool", () => {
  const resting = new Map([["192.0.2.0", rest(900_000)]]);

  it.each([
    { name: "by default two minutes", restMs: undefined, first: "192.0.2.1" },
    { name: "shorter", restMs: 60_000, first: "192.0.2.0" },
    { name: "none", restMs: 0, first: "192.0.2.0" },
    { name: "for ever", restMs: Infinity, first: "192.0.2.1" },
  ])("$name", ({ restMs, first }) => {
    const rested = pool("a", A, restMs === undefined ? {} : { restMs });
    expect(got([rested], {}, { resting })).toBe(`assign ${first} AddressAssigned`);
  });

  it("ends without another change: the planner looks at the clock", () => {
    const planner = new AssignmentPlanner();
    const before = snapshot([pool("a", ["192.0.2.0/31"], { restMs: 150_000 })], [service("web")], { resting });
    planner.plan(before, []);
    expect(planner.usage()[0]).toMatchObject({ resting: 1 });
    const later = { ...before, nowMs: 1_050_000 };
    planner.plan(later, []);
    expect({ assignments: new Map(planner.assignments), pools: planner.usage(), givenUp: [] }).toEqual(
      planAssignments(later),
    );
    expect(planner.usage()[0]).toMatchObject({ resting: 0 });
  });

  it("for ever keeps the address for its Service: no other gets it, not even the last one or by request", () => {
    const kept = pool("a", ["192.0.2.0/32"], { restMs: Infinity });
    const former = new Map([["default/had", [ip("192.0.2.0")]]]);
    const had = { resting: new Map([["192.0.2.0", rest(0, "default/had")]]), former };
    const messages = planAssignments(snapshot([kept], [service("web")], had)).assignments.get("default/web");
    expect(messages?.message).toBe(
      'No free IPv4 address: pool "a" has 0 of 1 addresses in use, and keeps 1 for the Services that had them. Add a range, or delete a Service that no longer needs its address.',
    );
    expect(got([kept], { requests: ["192.0.2.0"] }, had)).toBe("pending RequestedAddressInUse");
    const back = planAssignments(snapshot([kept], [service("had")], had));
    expect(summary(back)).toEqual({ had: "assign 192.0.2.0 AddressAssigned" });
  });

  const forever = [pool("a", ["192.0.2.0/31"], { restMs: Infinity })];
  it.each([
    {
      name: "gets what is kept for it by request, though it had another address last",
      last: "default/web",
      former: ["192.0.2.1"],
      requests: ["192.0.2.0"],
      got: "assign 192.0.2.0 AddressAssigned",
    },
    {
      name: "gets what is kept for it by request, though what it had is forgotten",
      last: "default/web",
      former: [],
      requests: ["192.0.2.0"],
      got: "assign 192.0.2.0 AddressAssigned",
    },
    {
      name: "does not get back what another Service had after it",
      last: "default/next",
      former: ["192.0.2.0"],
      requests: [],
      got: "assign 192.0.2.1 AddressAssigned",
    },
    {
      name: "does not get by request what another Service had after it",
      last: "default/next",
      former: ["192.0.2.0"],
      requests: ["192.0.2.0"],
      got: "pending RequestedAddressInUse",
    },
    {
      name: "gets back what it had where it is not known which Service had that last",
      last: "",
      former: ["192.0.2.0"],
      requests: [],
      got: "assign 192.0.2.0 AddressAssigned",
    },
  ])("for ever: a Service $name", ({ last, former, requests, got: expected }) => {
    const known = {
      resting: new Map([["192.0.2.0", rest(0, last)]]),
      former: new Map([["default/web", former.map(ip)]]),
    };
    expect(got(forever, { requests }, known)).toBe(expected);
  });
});

describe("usage of the pools", () => {
  it("counts what is in use, free, resting, excluded and orphaned, by pool and family", () => {
    const services = [
      service("s1", { has: ["192.0.2.0"], allocatedFrom: "a", markedAddresses: [ip("192.0.2.0")] }),
      service("s2", { has: ["198.51.100.9"], allocatedFrom: "a", markedAddresses: [ip("198.51.100.9")] }),
      service("s3", { has: ["203.0.113.9"], allocatedFrom: "gone", markedAddresses: [ip("203.0.113.9")] }),
    ];
    const pools = [pool("a", A, { excluded: pool("", ["192.0.2.0/31"]).ranges })];
    const resting = new Map([["192.0.2.2", rest(999_000)]]);
    expect(planAssignments(snapshot(pools, services, { resting })).pools).toEqual([
      { pool: "a", family: "ipv4", size: 2n, used: 1, assigned: 1, free: 2n, orphaned: 1, resting: 1, excluded: 2n },
      { pool: "", family: "ipv4", size: 0n, used: 0, assigned: 0, free: 0n, orphaned: 1, resting: 0, excluded: 0n },
    ]);
  });

  const mine = (name: string, more: Short = {}) =>
    service(name, { has: ["192.0.2.0"], allocatedFrom: "a", markedAddresses: [ip("192.0.2.0")], ...more });
  const shares = (name: string, port: string) => mine(name, { sharingKey: "k", ports: [port] });
  const nodeAddress = new Map([["192.0.2.1", host("192.0.2.1")]]);

  it.each<{ what: string; services: readonly Service[]; more?: Partial<AssignmentSnapshot>; counts: [number, number] }>(
    [
      { what: "one that a Service has", services: [mine("s")], counts: [1, 1] },
      {
        what: "one that Services share once",
        services: [shares("s", "TCP/80"), shares("t", "TCP/81")],
        counts: [1, 1],
      },
      { what: "one that is just assigned", services: [service("s")], counts: [1, 1] },
      {
        what: "the one that a Service is leaving beside its new one",
        services: [mine("s", { leavingAddresses: [ip("192.0.2.2")] })],
        counts: [2, 2],
      },
      { what: "no node address", services: [], more: { hostAddresses: nodeAddress }, counts: [1, 0] },
      {
        what: "no external IP",
        services: [service("s", { type: "ClusterIP", externalIps: ["192.0.2.1"] })],
        counts: [1, 0],
      },
      {
        what: "none of a Service of another class",
        services: [mine("s", { loadBalancerClass: "other" })],
        counts: [1, 0],
      },
      {
        what: "none of a Service that cannot be read",
        services: [],
        more: { unreadable: new Map([["default/s", [ip("192.0.2.1")]]]) },
        counts: [1, 0],
      },
      {
        what: "one that is also an external IP",
        services: [mine("s"), service("t", { type: "ClusterIP", externalIps: ["192.0.2.0"] })],
        counts: [1, 1],
      },
    ],
  )("§1.2 counts as assigned, of those in use, $what", ({ services, more = {}, counts }) => {
    const [usage] = planAssignments(snapshot([pool("a", A)], services, more)).pools;
    expect([usage?.used, usage?.assigned]).toEqual(counts);
  });
});
