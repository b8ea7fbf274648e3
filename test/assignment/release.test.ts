// Addresses that a Service is to give up: it gets another one first, and keeps them while there is none (rule 18).
import { printIp } from "#src/ip/address.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { describe, expect, it } from "vitest";
import { applied, Cluster, ip, pool, service, type Short, snapshot, summary } from "./build.ts";

const fresh = pool("new", ["198.51.100.0/30", "2001:db8::/126"]);
const old = pool("old", ["192.0.2.0/30"]);
const disabled = { ...old, isDisabled: true };

const wish = (...texts: readonly string[]): Short => ({ addressesToRelease: texts.map(ip) });

function planned(pools: Parameters<typeof snapshot>[0], ...services: readonly ReturnType<typeof service>[]) {
  return summary(planAssignments(snapshot(pools, services)));
}

describe("planAssignments() where a Service is to release an address", () => {
  const assigned = { allocatedFrom: "old", ...wish("192.0.2.1") };
  it.each<{ name: string; pools: readonly ReturnType<typeof pool>[]; short: Short; gets: string }>([
    { name: "orphaned", pools: [fresh], short: { has: ["192.0.2.1"], ...assigned }, gets: "198.51.100.0" },
    {
      name: "of a disabled pool",
      pools: [disabled, fresh],
      short: { has: ["192.0.2.1"], ...assigned },
      gets: "198.51.100.0",
    },
    {
      name: "of a pool that assigns: another one of it",
      pools: [old, fresh],
      short: { has: ["192.0.2.1"], ...assigned },
      gets: "192.0.2.0",
    },
    {
      name: "one of two: the other stays",
      pools: [old],
      short: { has: ["192.0.2.1", "192.0.2.3"], ...assigned },
      gets: "192.0.2.3",
    },
    {
      name: "two of one family",
      pools: [disabled, fresh],
      short: { has: ["192.0.2.1", "192.0.2.3"], ...wish("192.0.2.1", "192.0.2.3") },
      gets: "198.51.100.0",
    },
    {
      name: "of one family, and it has both",
      pools: [disabled, fresh],
      short: { has: ["192.0.2.1", "2001:db8::"], families: ["ipv4", "ipv6"], ...assigned },
      gets: "198.51.100.0 2001:db8::",
    },
    {
      name: "it asks for another one",
      pools: [old, fresh],
      short: { has: ["192.0.2.1"], requests: ["192.0.2.2"], ...assigned },
      gets: "192.0.2.2",
    },
  ])("exchanges it: $name", ({ pools, short, gets }) => {
    expect(planned(pools, service("web", short))).toEqual({ web: `assign ${gets} AddressAssigned` });
  });

  it.each<{ name: string; pools: readonly ReturnType<typeof pool>[]; short: Short; says: string }>([
    {
      name: "there is no pool",
      pools: [],
      short: {},
      says: "It stays until another address can take its place. The configuration has no pool.",
    },
    {
      name: "no other pool assigns",
      pools: [disabled],
      short: {},
      says: 'Pool "old" is disabled and assigns no address.',
    },
    {
      name: "the others are full",
      pools: [pool("new", ["198.51.100.9/32"])],
      short: {},
      says: 'pool "new" has 1 of 1 addresses in use.',
    },
    {
      name: "the others are for other Services",
      pools: [{ ...fresh, namespaces: ["x"] }],
      short: {},
      says: 'Pool "new" does not serve the namespace "default".',
    },
    {
      name: "it asks for exactly this address",
      pools: [disabled, fresh],
      short: { requests: ["192.0.2.1"] },
      says: "because the Service asks for exactly this address. Ask for another address, or remove the request.",
    },
    {
      name: "it asks for a pool that is gone",
      pools: [fresh],
      short: { requestedPool: "old" },
      says: 'There is no pool "old"',
    },
    {
      name: "it asks for an address that another Service has",
      pools: [disabled, fresh, pool("more", ["198.51.100.9/32"])],
      short: { requests: ["198.51.100.9"] },
      says: "The requested address 198.51.100.9 belongs to default/other",
    },
  ])("keeps it, and says why: $name", ({ pools, short, says }) => {
    const web = service("web", { createdMs: 1, has: ["192.0.2.1"], ...assigned, ...short });
    const other = service("other", { has: ["198.51.100.9"], allocatedFrom: "new" });
    const plan = planAssignments(snapshot(pools, [web, other]));
    expect(summary(plan)["web"]).toBe("keep 192.0.2.1 AddressNotReleased");
    const message = plan.assignments.get("default/web")?.message ?? "";
    expect(message).toContain("192.0.2.1: to be released. It stays");
    expect(message).toContain(says);
  });

  it("says from the first that it stays where the Service asks for an address that it is to release", () => {
    const web = service("web", { requests: ["192.0.2.1"], ...wish("192.0.2.1") });
    const before = snapshot([old], [web]);
    const given = planAssignments(before);
    expect(summary(given)).toEqual({ web: "assign 192.0.2.1 AddressNotReleased" });
    const message = given.assignments.get("default/web")?.message ?? "";
    expect(message).toContain(
      "192.0.2.1: to be released. It stays, because the Service asks for exactly this address.",
    );
    expect(planAssignments(applied(before, given)).assignments.get("default/web")?.message).toBe(message);
  });

  it("exchanges one family where the other has to wait, and that one later", () => {
    const cluster = new Cluster([pool("new", ["198.51.100.0/30"])]);
    const families = ["ipv4", "ipv6"] as const;
    const has = ["192.0.2.1", "fd00::1"];
    const both = { has, families, ipFamilyPolicy: "RequireDualStack", allocatedFrom: "old" } as const;
    expect(cluster.put(service("web", { ...both, ...wish(...has) }))).toEqual({
      web: "keep 198.51.100.0 fd00::1 AddressNotReleased",
    });
    expect(cluster.configure([fresh])).toEqual({ web: "keep 198.51.100.0 2001:db8:: AddressAssigned" });
  });

  it("gives the place of an address in a quota to the one that comes instead", () => {
    const pools = [{ ...old, quotaPerNamespace: 1 }];
    expect(planned(pools, service("web", { has: ["192.0.2.1"], ...assigned }))).toEqual({
      web: "assign 192.0.2.0 AddressAssigned",
    });
  });

  it("leaves no place in a quota to one that joins the address that it gives up", () => {
    const shared = { sharingKey: "k" };
    const services = [
      service("web", { has: ["192.0.2.1"], ports: ["TCP/80"], ...shared, ...assigned }),
      service("late", { createdMs: 1, requests: ["192.0.2.1"], ports: ["TCP/81"], ...shared }),
    ];
    expect(planned([{ ...old, quotaPerNamespace: 1 }], ...services)).toEqual({
      web: "assign 192.0.2.0 AddressAssigned",
      late: "pending QuotaExceeded",
    });
  });

  it("takes nothing from other Services: what it does not have is named without effect", () => {
    const services = [
      service("web", { createdMs: 1, has: ["192.0.2.1"] }),
      service("rude", { has: ["192.0.2.2"], ...assigned }),
    ];
    expect(planned([old], ...services)).toEqual({
      web: "keep 192.0.2.1 AddressAssigned",
      rude: "keep 192.0.2.2 AddressAssigned",
    });
    const joins = service("joins", { createdMs: 2, requests: ["192.0.2.1"] });
    expect(planned([old], service("rude", wish("192.0.2.1")), joins)).toMatchObject({
      joins: "assign 192.0.2.1 AddressAssigned",
    });
  });

  it("never gives it an address that it is to release, by the former one, the lowest or a shared one", () => {
    const web = service("web", { createdMs: 1, sharingKey: "k", ports: ["TCP/81"], ...wish("192.0.2.0", "192.0.2.1") });
    const sharer = service("sharer", { sharingKey: "k", has: ["192.0.2.0"] });
    const former = new Map([["default/web", [ip("192.0.2.1")]]]);
    const plan = planAssignments(snapshot([old], [sharer, web], { former }));
    expect(summary(plan)["web"]).toBe("assign 192.0.2.2 AddressAssigned");
    // Another one with the same key and ports still finds it.
    const like = service("like", { createdMs: 2, sharingKey: "k", ports: ["TCP/81"] });
    expect(planned([old], sharer, web, like)["like"]).toBe("assign 192.0.2.0 AddressAssigned");
  });

  it("leaves it to the Services that share it, which follow one another to the same new one", () => {
    const cluster = new Cluster([disabled, fresh]);
    const sharing = (name: string, port: string, ...texts: readonly string[]) =>
      service(name, { createdMs: port.length, sharingKey: "k", ports: [port], has: ["192.0.2.1"], ...wish(...texts) });
    cluster.put(sharing("a", "TCP/80", "192.0.2.1"), sharing("b", "TCP/443"));
    expect(cluster.put()).toEqual({ a: "keep 198.51.100.0 AddressAssigned", b: "keep 192.0.2.1 AddressAssigned" });
    expect(cluster.put(sharing("b", "TCP/443", "192.0.2.1"))).toEqual({
      a: "keep 198.51.100.0 AddressAssigned",
      b: "keep 198.51.100.0 AddressAssigned",
    });
  });

  it("finds the address for others afterwards, in its old place", () => {
    const cluster = new Cluster([old]);
    cluster.put(service("web", { createdMs: 1 }));
    expect(cluster.put(service("web", { createdMs: 1, ...wish("192.0.2.0") }))).toEqual({
      web: "keep 192.0.2.1 AddressAssigned",
    });
    cluster.wait(200_000);
    expect(cluster.put(service("next", { createdMs: 2 }))["next"]).toBe("keep 192.0.2.0 AddressAssigned");
    expect([...cluster.snapshot.services.values()].map((one) => one.assignedAddresses.map(printIp))).toEqual([
      ["192.0.2.1"],
      ["192.0.2.0"],
    ]);
  });
});
