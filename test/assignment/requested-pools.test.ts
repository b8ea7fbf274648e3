import { planAssignments } from "#src/assignment/plan.ts";
import { describe, expect, it } from "vitest";
import { pool, service, type Short, snapshot, summary } from "./build.ts";

const hand = { autoAssign: false };
const pools = [
  pool("auto", ["198.51.100.0/30", "2001:db8:1::/64"]),
  pool("v4", ["192.0.2.8/30"], hand),
  pool("v6", ["2001:db8::/64"], hand),
];
const dual: Short = { families: ["ipv4", "ipv6"], ipFamilyPolicy: "RequireDualStack" };

describe("a request for pools", () => {
  it.each<{ name: string; short: Short; line: string }>([
    {
      name: "v4,v6",
      short: { ...dual, requestedPool: "v4,v6" },
      line: "assign 192.0.2.8 2001:db8:: AddressAssigned",
    },
    {
      name: "v6, v4 with blanks",
      short: { ...dual, requestedPool: " v6 , v4 " },
      line: "assign 192.0.2.8 2001:db8:: AddressAssigned",
    },
    {
      name: "v4,v6 as Hawser writes it on a Service that has both",
      short: { ...dual, requestedPool: "v4,v6", has: ["192.0.2.9", "2001:db8::7"] },
      line: "keep 192.0.2.9 2001:db8::7 AddressAssigned",
    },
    {
      name: "v4,v6 on a Service of one family",
      short: { requestedPool: "v4,v6" },
      line: "assign 192.0.2.8 AddressAssigned",
    },
    {
      name: "v4,v6 with an address of one of them",
      short: { ...dual, requestedPool: "v4,v6", requests: ["192.0.2.11"] },
      line: "assign 192.0.2.11 2001:db8:: AddressAssigned",
    },
    {
      name: "v4 for both families",
      short: { ...dual, requestedPool: "v4" },
      line: "pending FamilyUnavailable",
    },
    { name: "v4,none", short: { ...dual, requestedPool: "v4,none" }, line: "pending RequestedPoolUnknown" },
    { name: "a comma alone", short: { requestedPool: "," }, line: "pending RequestedPoolUnknown" },
  ])("L13 takes $name: $line", ({ short, line }) => {
    expect(summary(planAssignments(snapshot(pools, [service("it", short)])))["it"]).toBe(line);
  });

  it("L13 names the pool that there is not", () => {
    const plan = planAssignments(snapshot(pools, [service("it", { ...dual, requestedPool: "v4,none" })]));
    expect(plan.assignments.get("default/it")?.message).toContain('There is no pool "none"');
  });

  it("L13 takes a pool whose name has a comma", () => {
    const odd = [pool("a,b", ["192.0.2.8/30"]), pool("a", ["192.0.2.16/30"])];
    const plan = planAssignments(snapshot(odd, [service("it", { requestedPool: "a,b" })]));
    expect(summary(plan)["it"]).toBe("assign 192.0.2.8 AddressAssigned");
  });
});

describe("the external IP of a Service", () => {
  const holder = service("external", { type: "ClusterIP", externalIps: ["192.0.2.200"] });
  const lan = [pool("lan", ["192.0.2.200-192.0.2.201"])];

  it("L13 is never given out, and a request for it names the Service", () => {
    const services = [
      holder,
      service("auto", { createdMs: 1 }),
      service("asks", { createdMs: 2, requests: ["192.0.2.200"] }),
    ];
    const plan = planAssignments(snapshot(lan, services));
    expect(summary(plan)).toMatchObject({
      auto: "assign 192.0.2.201 AddressAssigned",
      asks: "pending RequestedAddressInUse",
    });
    expect(plan.assignments.get("default/asks")?.message).toContain(
      "belongs to default/external, and it is in spec.externalIPs there",
    );
  });

  it("L13 does not take an address from the Service that has it, and may be its own", () => {
    const has = service("has", { createdMs: 5, has: ["192.0.2.200"] });
    expect(summary(planAssignments(snapshot(lan, [holder, has])))["has"]).toBe("keep 192.0.2.200 AddressAssigned");
    const own = service("own", { externalIps: ["192.0.2.200"], requests: ["192.0.2.200"] });
    expect(summary(planAssignments(snapshot(lan, [own])))["own"]).toBe("assign 192.0.2.200 AddressAssigned");
  });
});
