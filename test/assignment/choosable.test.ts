// What a plan costs where many Services meet many pools: by counting what is looked at, not by time.
import { planAssignments } from "#src/assignment/plan.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import type { Pool } from "#src/model/pool.ts";
import { describe, expect, it } from "vitest";
import { pool, service, type Short, snapshot, summary } from "./build.ts";

const POOLS = 200;
const SERVICES = 300;

/** Pools of one address each that count how often something of them is looked at. */
function counted(more: Partial<Pool> = {}): { readonly pools: readonly Pool[]; readonly looks: () => number } {
  let looks = 0;
  const pools = Array.from({ length: POOLS }, (_, at) => {
    const one = pool(`p${at}`, [`10.0.${at}.1/32`], more);
    const { serviceSelectors, quotaPerNamespace } = one;
    Object.defineProperty(one, "serviceSelectors", { enumerable: true, get: () => (looks++, serviceSelectors) });
    Object.defineProperty(one, "quotaPerNamespace", { enumerable: true, get: () => (looks++, quotaPerNamespace) });
    return one;
  });
  return { pools, looks: () => looks };
}

const services = (labels: (at: number) => Record<string, string> = () => ({})) =>
  Array.from({ length: SERVICES }, (_, at) => service(`s${at}`, { createdMs: at, labels: labels(at) }));

describe("many Services and many pools", () => {
  it("I: full pools are not looked at again for each Service that waits", () => {
    const { pools, looks } = counted();
    const plan = summary(planAssignments(snapshot(pools, services())));
    expect(Object.values(plan).filter((line) => line.startsWith("assign"))).toHaveLength(POOLS);
    // Each Service looks at the pool that it gets an address of, and not at all the full ones before.
    expect(looks()).toBeLessThan(20 * (POOLS + SERVICES));
  });

  it.each<{ name: string; more: Partial<Pool>; short: (at: number) => Short }>([
    { name: "each with a sharing key of its own", more: {}, short: (at) => ({ sharingKey: `k${at}` }) },
    { name: "all with one sharing key and equal ports", more: {}, short: () => ({ sharingKey: "k" }) },
    { name: "and their namespace has its quota of each pool", more: { quotaPerNamespace: 1 }, short: () => ({}) },
  ])("I: full pools are not looked at again for each Service that waits: $name", ({ more, short }) => {
    const { pools, looks } = counted(more);
    const all = services().map((one, at) => ({ ...one, ...service(one.name, { ...short(at), createdMs: at }) }));
    const plan = summary(planAssignments(snapshot(pools, all)));
    expect(Object.values(plan).filter((line) => line.startsWith("assign"))).toHaveLength(POOLS);
    expect(looks()).toBeLessThan(30 * (POOLS + SERVICES));
  });

  it("I: pools are matched once for Services that no selector tells apart", () => {
    const selected: LabelSelector = [{ key: "app", operator: "In", values: ["x"] }];
    const { pools, looks } = counted({ serviceSelectors: [selected] });
    const plan = planAssignments(
      snapshot(
        pools,
        services((at) => ({ app: `y${at % 3}`, pod: `${at}` })),
      ),
    );
    expect(new Set(Object.values(summary(plan)))).toEqual(new Set(["pending PoolNotForService"]));
    expect(looks()).toBeLessThan(20 * (POOLS + SERVICES));
    expect(plan.assignments.get("default/s0")?.message).toContain(`and ${POOLS - 6} more`);
  });

  it("finds the address that a Service of another plan gave back in a pool that was full", () => {
    const { pools } = counted();
    const all = services().slice(0, POOLS + 1);
    const planner = new AssignmentPlanner();
    const has = all.slice(0, POOLS).map((one, at) => service(one.name, { createdMs: at, has: [`10.0.${at}.1`] }));
    const before = snapshot(pools, [...has, ...all.slice(POOLS)]);
    planner.plan(before, []);
    expect(planner.assignments.get(`default/s${POOLS}`)?.kind).toBe("pending");
    const rest = new Map(before.services);
    rest.delete("default/s7");
    planner.plan({ ...before, services: rest }, ["default/s7"]);
    expect(planner.assignments.get(`default/s${POOLS}`)?.message).toContain("10.0.7.1");
  });
});
