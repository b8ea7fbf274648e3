import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePlans } from "#src/assignment/compare-plans.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import { settledPlan } from "#src/assignment/settled-plan.ts";
import type { AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import { printIp } from "#src/ip/address.ts";
import { poolSets, shorts, snapshots } from "./arbitrary.ts";
import { applied, pool, service, snapshot } from "./build.ts";

const small = [pool("a", ["192.0.2.0/31"])];

function compare(before: AssignmentSnapshot, after: AssignmentSnapshot) {
  return comparePlans(
    { snapshot: before, assignments: planAssignments(before).assignments },
    { snapshot: after, assignments: settledPlan(after).assignments },
  );
}

const web = service("web", { has: ["192.0.2.0"] });
const NOTHING = { keep: 0, gain: [], lose: [], move: [], orphan: [] };

describe("C comparePlans()", () => {
  it.each([
    { name: "nothing changes", before: snapshot(small, [web]), after: snapshot(small, [web]), is: { keep: 1 } },
    {
      name: "a Service comes",
      before: snapshot(small, [web]),
      after: snapshot(small, [web, service("late")]),
      is: { keep: 1, gain: [{ service: "default/late", address: "192.0.2.1" }] },
    },
    {
      name: "one waits in both states, and gets an address with the change",
      before: snapshot([], [service("late")]),
      after: snapshot(small, [service("late")]),
      is: { gain: [{ service: "default/late", address: "192.0.2.0" }] },
    },
    {
      name: "one is no longer of type LoadBalancer",
      before: snapshot(small, [web]),
      after: snapshot(small, [service("web", { has: ["192.0.2.0"], type: "NodePort" })]),
      is: { lose: [{ service: "default/web", address: "192.0.2.0" }] },
    },
    {
      name: "one is of the class of another provider now",
      before: snapshot(small, [web]),
      after: snapshot(small, [service("web", { has: ["192.0.2.0"], loadBalancerClass: "other" })]),
      is: { lose: [{ service: "default/web", address: "192.0.2.0" }] },
    },
    {
      name: "one asks for another address",
      before: snapshot(small, [web]),
      after: snapshot(small, [service("web", { has: ["192.0.2.0"], requests: ["192.0.2.1"] })]),
      is: { move: [{ service: "default/web", from: "192.0.2.0", to: "192.0.2.1" }] },
    },
    {
      name: "its pool goes",
      before: snapshot(small, [service("web", { has: ["192.0.2.0"], allocatedFrom: "a" })]),
      after: snapshot([], [service("web", { has: ["192.0.2.0"], allocatedFrom: "a" })]),
      is: { orphan: [{ service: "default/web", address: "192.0.2.0" }] },
    },
    {
      name: "it was in no pool before either",
      before: snapshot([], [service("web", { has: ["192.0.2.0"], allocatedFrom: "a" })]),
      after: snapshot([], [service("web", { has: ["192.0.2.0"], allocatedFrom: "a" })]),
      is: { keep: 1 },
    },
    {
      name: "an address that goes is taken by one that waits",
      before: snapshot([pool("a", ["192.0.2.0/32"])], [web, service("late", { createdMs: 1 })]),
      after: snapshot(
        [pool("a", ["192.0.2.0/32"])],
        [service("web", { has: ["192.0.2.0"], type: "NodePort" }), service("late", { createdMs: 1 })],
      ),
      is: {
        gain: [{ service: "default/late", address: "192.0.2.0" }],
        lose: [{ service: "default/web", address: "192.0.2.0" }],
      },
    },
    {
      name: "one cannot be read after it, and keeps what it has",
      before: snapshot(small, [web]),
      after: snapshot(small, [], { unreadable: new Map([["default/web", web.assignedAddresses]]) }),
      is: { keep: 1 },
    },
  ])("$name", ({ before, after, is }) => expect(compare(before, after)).toEqual({ ...NOTHING, ...is }));

  it("H foretells what the controller's planner comes to, one round after the other", () => {
    const changes = fc.tuple(
      fc.constantFrom(...poolSets),
      fc.dictionary(fc.constantFrom("s0", "s1", "s2", "s9"), shorts),
    );
    fc.assert(
      fc.property(snapshots, changes, (before, [pools, edits]) => {
        const services = new Map(before.services);
        for (const [name, short] of Object.entries(edits)) {
          const { assignedAddresses, allocatedFrom, markedAddresses, sharedTerms } =
            services.get(`default/${name}`) ?? service(name);
          const edited = { ...service(name, short), assignedAddresses, allocatedFrom, markedAddresses, sharedTerms };
          services.set(edited.key, edited);
        }
        const after = { ...before, pools, services };
        const foretold = compare(before, after);
        const had = planAssignments(before).assignments;
        const reached = rest(after);
        for (const [key, assignment] of reached.assignments) {
          const isOurs = assignment.kind !== "ignore" && assignment.reason !== "AddressNotOurs";
          const status = before.services.get(key)?.assignedAddresses.map(printIp) ?? [];
          const adopted = had.get(key);
          const now = new Set(
            adopted === undefined || adopted.kind === "ignore" || adopted.reason === "AddressNotOurs"
              ? []
              : adopted.addresses.map(printIp).filter((text) => status.includes(text)),
          );
          const of = <T extends { readonly service: string }>(list: readonly T[]) =>
            list.filter(({ service: one }) => one === key);
          for (const { address } of of(foretold.lose)) expect(now.delete(address)).toBe(true);
          for (const { from } of of(foretold.move)) expect(now.delete(from)).toBe(true);
          for (const { to } of of(foretold.move)) now.add(to);
          for (const { address } of of(foretold.gain)) now.add(address);
          expect([...now].sort()).toEqual(isOurs ? assignment.addresses.map(printIp).sort() : []);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** What a controller comes to, which plans what changed and writes each plan. */
function rest(start: AssignmentSnapshot): AssignmentPlanner {
  const planner = new AssignmentPlanner();
  let current = start;
  let changed: readonly string[] = [];
  for (let round = 0; round < 9; round++) {
    planner.plan(current, changed);
    const plan = { assignments: planner.assignments, pools: [], givenUp: planner.givenUp() };
    const isCalm =
      plan.givenUp.length === 0 &&
      [...plan.assignments.values()].every(({ kind }) => kind !== "assign" && kind !== "release");
    if (isCalm) return planner;
    current = applied(current, plan);
    changed = [...current.services.keys()];
  }
  throw new Error("the plan does not come to rest");
}
