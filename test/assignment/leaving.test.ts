// Addresses that leave a Service: others cannot have them yet, and it has them no longer.
import { planAssignments } from "#src/assignment/plan.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { Service } from "#src/model/service.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shorts, snapshots, V4 } from "./arbitrary.ts";
import { ip, pool, service, type Short, snapshot, summary } from "./build.ts";

const pools = [pool("a", ["192.0.2.0/30"])];

function moving(short: Short = {}): Service {
  return { ...service("moving", { has: ["192.0.2.2"], ...short }), leavingAddresses: [ip("192.0.2.0")] };
}

describe("planAssignments() where an address leaves a Service", () => {
  it("gives it to no other Service, by request or by chance", () => {
    const services = [
      moving(),
      service("asks", { createdMs: 2, requests: ["192.0.2.0"] }),
      service("takes", { createdMs: 3 }),
    ];
    const plan = planAssignments(snapshot(pools, services));
    expect(summary(plan)).toEqual({
      moving: "keep 192.0.2.2 AddressAssigned",
      asks: "pending RequestedAddressInUse",
      takes: "assign 192.0.2.1 AddressAssigned",
    });
    expect(plan.assignments.get("default/asks")?.message).toContain("it is moving from it to another address");
  });

  it("leaves it to the Services that share it, and lets no further one join", () => {
    const sharing = { sharingKey: "k", requests: ["192.0.2.0"] };
    const services = [
      moving({ sharingKey: "k" }),
      service("shares", { createdMs: 2, ...sharing, ports: ["TCP/81"], has: ["192.0.2.0"] }),
      service("joins", { createdMs: 3, ...sharing, ports: ["TCP/82"] }),
    ];
    expect(summary(planAssignments(snapshot(pools, services)))).toMatchObject({
      shares: "keep 192.0.2.0 AddressAssigned",
      joins: "pending RequestedAddressInUse",
    });
  });

  it("gives it back to the Service itself", () => {
    const services = [moving({ requests: ["192.0.2.0"] })];
    expect(summary(planAssignments(snapshot(pools, services)))).toEqual({
      moving: "assign 192.0.2.0 AddressAssigned",
    });
  });

  it("counts it as in use", () => {
    const [usage] = planAssignments(snapshot(pools, [moving()])).pools;
    expect(usage).toMatchObject({ used: 2, free: 2n });
  });
});

describe("AssignmentPlanner where addresses leave Services", () => {
  const leaving = fc.subarray(V4.slice(0, 3), { maxLength: 2 });
  const edits = fc.array(fc.tuple(fc.nat(4), shorts, leaving), { minLength: 1, maxLength: 8 });

  it("decides what a plan from nothing decides", () => {
    fc.assert(
      fc.property(snapshots, edits, (before, all) => {
        const planner = new AssignmentPlanner();
        const services = new Map(before.services);
        planner.plan({ ...before, services }, services.keys());
        for (const [at, short, texts] of all) {
          const one = service(`s${at}`, short);
          const isHeld = (text: string): boolean => short.has?.includes(text) === true;
          const leavingAddresses = texts.filter((text) => !isHeld(text)).map(ip);
          services.set(one.key, { ...one, leavingAddresses });
          planner.plan({ ...before, services }, [one.key]);
          const whole = planAssignments({ ...before, services });
          expect(new Map(planner.assignments)).toEqual(new Map(whole.assignments));
          expect(planner.usage()).toEqual(whole.pools);
        }
      }),
      { numRuns: 300 },
    );
  });
});
