// Resting and leaving addresses count in the quota of a namespace (docs/pools.md).
import { printIp } from "#src/ip/address.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { settledPlan } from "#src/assignment/settled-plan.ts";
import type { Pool } from "#src/model/pool.ts";
import { describe, expect, it } from "vitest";
import { Cluster, ip, pool, rest, service, type Short, snapshot, summary } from "./build.ts";

const A = ["192.0.2.0/29"];
const limited = (quotaPerNamespace: number, more: Partial<Pool> = {}, ranges = A): Pool =>
  pool("a", ranges, { quotaPerNamespace, restMs: Infinity, ...more });

function churn(cluster: Cluster, names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const line = cluster.put(service(name))[name] ?? "";
    cluster.remove(name);
    cluster.wait(1_000);
    return line.replace(/^keep (\S+) .*$/, "$1");
  });
}

describe("addresses that are kept for Services of a namespace", () => {
  it.each([
    { name: "for ever", restMs: Infinity },
    { name: "for a day", restMs: 86_400_000 },
  ])("D count in its quota: under many names it gets no more than that, where they rest $name", ({ restMs }) => {
    const names = Array.from({ length: 20 }, (_, at) => `s${at}`);
    const got = churn(new Cluster([limited(2, { restMs })]), names);
    expect(got.slice(0, 4)).toEqual(["192.0.2.0", "192.0.2.1", "192.0.2.0", "192.0.2.1"]);
    expect(new Set(got).size).toBe(2);
  });

  it("D are given up for a Service of the namespace, the one that rests longest first", () => {
    const cluster = new Cluster([limited(3)]);
    cluster.put(service("s0"), service("s1"), service("s2"));
    for (const name of ["s1", "s0", "s2"]) {
      cluster.remove(name);
      cluster.wait(1_000);
    }
    // What is its own comes first.
    expect(cluster.put(service("s0"))["s0"]).toContain("192.0.2.0");
    expect(cluster.put(service("new"))["new"]).toContain("192.0.2.1");
    expect(cluster.put(service("newer"))["newer"]).toContain("192.0.2.2");
    expect(cluster.put(service("newest"))["newest"]).toBe("pending QuotaExceeded");
  });

  it("D stay where the namespace has room beside them", () => {
    const cluster = new Cluster([limited(3)]);
    expect(churn(cluster, ["s0", "s1"])).toEqual(["192.0.2.0", "192.0.2.1"]);
    expect(cluster.put(service("new"))["new"]).toContain("192.0.2.2");
    expect(cluster.put(service("s0"))["s0"]).toContain("192.0.2.0");
  });

  it("D are given up before a plan is settled: what is foretold has the Service that gets one", () => {
    const kept = new Map([
      ["192.0.2.0", rest(1, "default/s0")],
      ["192.0.2.1", rest(2, "default/s1")],
    ]);
    const other = { ...service("web"), namespace: "other", key: "other/web" };
    const full = snapshot([limited(1, {}, ["192.0.2.0/31"])], [other], { resting: kept });
    expect(summary(settledPlan(full))["other/web"]).toBe("keep 192.0.2.0 AddressAssigned");
  });

  it("D are not for another namespace, and are after they were given up", () => {
    const dual = limited(2, {}, ["192.0.2.0/31", "2001:db8::/126"]);
    const kept = new Map([
      ["192.0.2.0", rest(1, "default/s0")],
      ["192.0.2.1", rest(2, "default/s1")],
    ]);
    const other = { ...service("web"), namespace: "other", key: "other/web" };
    const first = snapshot([dual], [other], { resting: kept });
    expect(summary(planAssignments(first))).toEqual({ "other/web": "pending PoolExhausted" });
    // None of the family is kept: the namespace gets another address, and what rests longest is given up for it.
    const six = service("six", { families: ["ipv6"], createdMs: 1 });
    const plan = planAssignments(snapshot([dual], [other, six], { resting: kept }));
    expect(summary(plan)["six"]).toBe("assign 2001:db8:: AddressAssigned");
    expect(plan.givenUp.map(printIp)).toEqual(["192.0.2.0"]);
    const resting = new Map([...kept].slice(1));
    const has = service("six", { families: ["ipv6"], createdMs: 1, has: ["2001:db8::"] });
    const next = planAssignments(snapshot([dual], [other, has], { resting }));
    expect([summary(next)["other/web"], next.givenUp]).toEqual(["assign 192.0.2.0 AddressAssigned", []]);
  });

  it("D are given in place of an address that the Service gives back, which is kept from then on", () => {
    const resting = new Map([["192.0.2.3", rest(1, "default/gone")]]);
    const one = { ...service("web", { has: ["192.0.2.5"] }), addressesToRelease: [ip("192.0.2.5")] };
    expect(summary(planAssignments(snapshot([limited(2)], [one], { resting })))["web"]).toContain("assign 192.0.2.3");
  });

  it("D are given up beyond a quota that is lowered", () => {
    const resting = new Map([0, 1, 2].map((at) => [`192.0.2.${at}`, rest(at, `default/s${at}`)] as const));
    const one = service("web", { has: ["192.0.2.5"] });
    expect(planAssignments(snapshot([limited(2)], [one], { resting })).givenUp.map(printIp)).toEqual([
      "192.0.2.0",
      "192.0.2.1",
    ]);
  });

  it("D are said to be in use as soon as a younger Service's address lets an older one have one", () => {
    const resting = new Map([["192.0.2.2", rest(1, "default/gone")]]);
    const inOther = (name: string, short: Short) => ({
      ...service(name, short),
      namespace: "other",
      key: `other/${name}`,
    });
    const services = [
      service("web", { has: ["192.0.2.0"] }),
      inOther("dns", { has: ["192.0.2.1"], sharingKey: "k" }),
      inOther("asks", { createdMs: 1, requests: ["192.0.2.2"] }),
      service("old", { createdMs: 2 }),
      service("young", { createdMs: 3, sharingKey: "k", ports: ["UDP/80"] }),
    ];
    const { assignments } = planAssignments(snapshot([limited(3, {}, ["192.0.2.0-192.0.2.2"])], services, { resting }));
    expect(assignments.get("default/old")?.addresses.map(printIp)).toEqual(["192.0.2.2"]);
    expect(assignments.get("other/asks")?.message).toContain("belongs to default/old");
  });

  it("D join an address of the namespace rather than take one that is kept", () => {
    const resting = new Map([["192.0.2.0", rest(1, "default/gone")]]);
    const shared = { sharingKey: "k", has: ["192.0.2.5"] };
    const services = [service("a", shared), service("b", { sharingKey: "k", ports: ["TCP/81"], createdMs: 1 })];
    expect(summary(planAssignments(snapshot([limited(2)], services, { resting })))["b"]).toContain("192.0.2.5");
  });
});

describe("an address that a Service is to give back", () => {
  it("A makes no room for one of the other family that it gets beside it", () => {
    const dual = pool("a", ["192.0.2.0/30", "2001:db8::/126"], { quotaPerNamespace: 2 });
    const six = service("six", { families: ["ipv6"], has: ["2001:db8::"] });
    const families = ["ipv6", "ipv4"] as const;
    const one = service("web", { families, ipFamilyPolicy: "PreferDualStack", has: ["192.0.2.1"], createdMs: 1 });
    const plan = planAssignments(snapshot([dual], [six, { ...one, addressesToRelease: [ip("192.0.2.1")] }]));
    expect(plan.assignments.get("default/web")?.addresses.map(printIp)).toEqual(["192.0.2.0"]);
  });

  it("A makes room for another one of each family", () => {
    const dual = pool("a", ["192.0.2.0/30", "2001:db8::/126"], { quotaPerNamespace: 2 });
    const had = ["192.0.2.1", "2001:db8::1"];
    const one = service("web", { families: ["ipv4", "ipv6"], ipFamilyPolicy: "RequireDualStack", has: had });
    const plan = planAssignments(snapshot([dual], [{ ...one, addressesToRelease: had.map(ip) }]));
    expect(plan.assignments.get("default/web")?.addresses.map(printIp)).toEqual(["192.0.2.0", "2001:db8::"]);
  });
});

describe("addresses that leave Services of a namespace", () => {
  const moving = (name: string, leaving: readonly string[], short: Short = {}) => ({
    ...service(name, short),
    leavingAddresses: leaving.map(ip),
  });

  it("D let an address of a full quota be exchanged, for each Service", () => {
    const services = [
      moving("a", ["192.0.2.6"], { has: ["192.0.2.0"] }),
      service("b", { has: ["192.0.2.1"], requests: ["192.0.2.5"] }),
    ];
    expect(summary(planAssignments(snapshot([limited(2)], services)))["b"]).toBe("assign 192.0.2.5 AddressAssigned");
  });

  it("D let no Service exchange again before the address of the exchange before is gone", () => {
    const again = moving("a", ["192.0.2.6"], { has: ["192.0.2.0"], requests: ["192.0.2.5"] });
    const plan = planAssignments(snapshot([limited(1)], [again]));
    expect(summary(plan)).toEqual({ a: "keep 192.0.2.0 QuotaExceeded" });
    expect(plan.assignments.get("default/a")?.message).toContain("with those that leave a Service");
    const free = planAssignments(snapshot([limited(2)], [again]));
    expect(summary(free)).toEqual({ a: "assign 192.0.2.5 AddressAssigned" });
  });

  it("D count for the namespace but one of each Service: two that left one Service leave room for no other", () => {
    const services = [moving("a", ["192.0.2.5", "192.0.2.6"]), service("b", { createdMs: 1 })];
    const away = { ...services[0], requestedPool: "none" } as (typeof services)[0];
    expect(summary(planAssignments(snapshot([limited(1)], [away, services[1] ?? away])))["b"]).toBe(
      "pending QuotaExceeded",
    );
    expect(summary(planAssignments(snapshot([limited(2)], [away, services[1] ?? away])))["b"]).toContain("assign");
  });
});
