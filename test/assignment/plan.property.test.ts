import { type Ip, printIp } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { backendOf, isEdited } from "#src/assignment/sharing.ts";
import type { AssignmentPlan } from "#src/assignment/snapshot.ts";
import { type Service, wasAssigned } from "#src/model/service.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { snapshots } from "./arbitrary.ts";
import { applied, pool, service, snapshot } from "./build.ts";

function holders(services: Iterable<Service>, addressesOf: (one: Service) => readonly { family: string }[]) {
  const found = new Map<string, Service[]>();
  for (const one of services)
    for (const ip of addressesOf(one)) {
      const text = printIp(ip as Parameters<typeof printIp>[0]);
      found.set(text, [...(found.get(text) ?? []), one]);
    }
  return found;
}

function mayShare(left: Service, right: Service): boolean {
  const ports = (one: Service) => one.ports.map(({ protocol, port }) => `${protocol}${port}`);
  return (
    left.sharingKey !== "" &&
    left.sharingKey === right.sharingKey &&
    backendOf(left) === backendOf(right) &&
    ports(left).every((port) => !ports(right).includes(port))
  );
}

/** What a Service has of ours by the plan. */
function givenTo(plan: AssignmentPlan, one: Service): readonly Ip[] {
  const assignment = plan.assignments.get(one.key);
  return assignment === undefined || assignment.reason === "AddressNotOurs" ? [] : assignment.addresses;
}

function isOurs(one: Service): boolean {
  return one.type === "LoadBalancer" && one.loadBalancerClass === undefined;
}

function changes(plan: AssignmentPlan): string[] {
  return [...plan.assignments].filter(([, { kind }]) => kind === "assign" || kind === "release").map(([key]) => key);
}

describe("planAssignments() properties", () => {
  it("gives no address to two Services unless sharing allows it", () => {
    fc.assert(
      fc.property(snapshots, (before) => {
        const plan = planAssignments(before);
        const ours = [...before.services.values()].filter(isOurs);
        const after = holders(ours, (one) => givenTo(plan, one));
        for (const sharers of after.values())
          for (const [at, left] of sharers.entries())
            for (const right of sharers.slice(at + 1)) expect(mayShare(left, right)).toBe(true);
        const foreign = [...before.services.values()].filter((one) => !isOurs(one));
        const kept = holders(ours, (one) => one.assignedAddresses);
        for (const text of holders(foreign, (one) => one.assignedAddresses).keys())
          expect((after.get(text) ?? []).every((one) => kept.get(text)?.includes(one))).toBe(true);
      }),
      { numRuns: 250 },
    );
  });

  it("never moves an adopted address: it goes only for the Service's own request or to an older holder", () => {
    fc.assert(
      fc.property(snapshots, (before) => {
        const plan = planAssignments(before);
        for (const one of [...before.services.values()].filter(isOurs)) {
          const assignment = plan.assignments.get(one.key);
          const asks = one.requestedPool !== undefined || one.requestedAddresses.length > 0;
          const lost = one.assignedAddresses.filter((ip) => !assignment?.addresses.includes(ip));
          const said = assignment?.released.map((released) => printIp(released.ip)) ?? [];
          expect(lost.map(printIp).sort()).toEqual([...said].sort());
          for (const { ip, reason } of assignment?.released ?? []) {
            if (reason === "AddressConflict") {
              const others = [...before.services.values()].filter(
                (other) => other !== one && isOurs(other) && plan.assignments.get(other.key) !== undefined,
              );
              const winners = others.filter((other) =>
                other.assignedAddresses.some((has) => printIp(has) === printIp(ip)),
              );
              const mayWin = (other: Service) =>
                isEdited(one) || (!isEdited(other) && other.createdMs <= one.createdMs);
              expect(winners.some(mayWin)).toBe(true);
            } else if (reason === "AddressUnusable") {
              expect(before.hostAddresses.has(printIp(ip)) || reservedUse(ip) !== undefined).toBe(true);
            } else if (reason === "AddressNotOurs") {
              const ranges = before.pools?.flatMap((pool) => pool.ranges) ?? [];
              expect([wasAssigned(one, ip), ranges.some((range) => rangeContains(range, ip))]).toEqual([false, false]);
            } else {
              const isToRelease = one.addressesToRelease.some((wish) => printIp(wish) === printIp(ip));
              expect(asks || isToRelease || !one.families.includes(ip.family)).toBe(true);
            }
          }
        }
      }),
      { numRuns: 250 },
    );
  });

  it("changes nothing when it meets its own outcome, unless something was released or given up; then it comes to rest", () => {
    fc.assert(
      fc.property(snapshots, (before) => {
        const plan = planAssignments(before);
        let [current, last] = [applied(before, plan), plan];
        // What is given up is free for the next plan, as what is released.
        const isCalm =
          plan.givenUp.length === 0 && [...plan.assignments.values()].every(({ released }) => released.length === 0);
        for (let round = 0; round < 12; round++) {
          const next = planAssignments(current);
          if (isCalm) expect(changes(next)).toEqual([]);
          if (changes(next).length === 0) {
            const texts = (one: AssignmentPlan) => [...one.assignments].map(([key, { message }]) => [key, message]);
            if (isCalm) expect(texts(next)).toEqual(texts(last));
            return;
          }
          [current, last] = [applied(current, next), next];
        }
        throw new Error("never comes to rest");
      }),
      { numRuns: 250 },
    );
  });

  it("L1 gives only addresses that a pool contains, that no host has, that are not reserved, and one of each wanted family", () => {
    fc.assert(
      fc.property(snapshots, (before) => {
        for (const [key, { kind, addresses }] of planAssignments(before).assignments) {
          const one = before.services.get(key);
          if (kind === "ignore" || one === undefined) continue;
          const gained = addresses.filter((ip) => !one.assignedAddresses.some((has) => printIp(has) === printIp(ip)));
          const families = gained.map((ip) => ip.family);
          expect(new Set(families).size).toBe(families.length);
          expect(families.every((family) => one.families.includes(family))).toBe(true);
          if (before.pools !== undefined)
            for (const ip of addresses)
              expect(before.hostAddresses.has(printIp(ip)) || reservedUse(ip) !== undefined).toBe(false);
          const ranges = before.pools?.flatMap((pool) => pool.ranges) ?? [];
          for (const ip of gained) expect(ranges.some((range) => rangeContains(range, ip))).toBe(true);
          for (const ip of gained) expect(before.hostAddresses.has(printIp(ip))).toBe(false);
          const closed = before.pools?.flatMap((pool) => pool.excluded) ?? [];
          for (const ip of gained) expect(closed.some((range) => rangeContains(range, ip))).toBe(false);
        }
      }),
      { numRuns: 250 },
    );
  });

  it("does not depend on the order of the Services: 100 random orders of 40", () => {
    const services = Array.from({ length: 40 }, (_, n) =>
      service(`s${n}`, {
        createdMs: n % 7,
        families: n % 3 === 0 ? ["ipv6"] : ["ipv4"],
        sharingKey: n % 5 === 0 ? "k" : "",
        ports: [`TCP/${n}`],
        has: n % 4 === 1 && n % 3 !== 0 ? [`192.0.2.${n % 8}`] : [],
      }),
    );
    const pools = [pool("a", ["192.0.2.0/28"]), pool("b", ["198.51.100.0/29", "2001:db8::/64"])];
    const expected = planAssignments(snapshot(pools, services));
    const permutation = fc.shuffledSubarray(services, { minLength: services.length });
    fc.assert(
      fc.property(permutation, (shuffled) => {
        expect(planAssignments(snapshot(pools, shuffled))).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

describe("planAssignments() at size", () => {
  const ten = Array.from({ length: 10_000 }, (_, n) => n);
  const family = (name: "ipv4" | "ipv6") => ({ families: [name] }) as const;

  it.each([
    { name: "IPv4 from a /16", services: ten.map((n) => service(`s${n}`)), range: "10.0.0.0/16" },
    { name: "IPv6 from a /64", services: ten.map((n) => service(`s${n}`, family("ipv6"))), range: "2001:db8::/64" },
    { name: "a full pool", services: ten.map((n) => service(`s${n}`)), range: "10.0.0.0/24" },
    { name: "one sharing key", services: ten.map((n) => service(`s${n}`, { sharingKey: "k" })), range: "10.0.0.0/16" },
  ])(
    "10,000 Services, $name: all that fit have an address of their own, and nothing changes after",
    ({ services, range }) => {
      const pools = [pool("p", [range])];
      const before = snapshot(pools, services);
      const plan = planAssignments(before);
      const given = [...plan.assignments.values()].flatMap(({ addresses }) => addresses.map(printIp));
      expect(new Set(given).size).toBe(given.length);
      expect(BigInt(given.length)).toBe([10_000n, plan.pools[0]?.size ?? 0n].sort((a, b) => Number(a - b))[0]);
      expect(changes(planAssignments(applied(before, plan)))).toEqual([]);
    },
  );
});
