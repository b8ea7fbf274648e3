import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planAssignments } from "#src/assignment/plan.ts";
import { settledPlan } from "#src/assignment/settled-plan.ts";
import type { AssignmentPlan, AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import { snapshots } from "./arbitrary.ts";
import { applied, pool, service, snapshot, summary } from "./build.ts";

/** Each Service has an address and wants that of the next one; the last wants a free one. */
function chain(length: number): AssignmentSnapshot {
  const pools = [pool("a", ["10.0.0.0/16"])];
  const address = (at: number): string => `10.0.${at >> 8}.${at & 255}`;
  const services = Array.from({ length }, (_, at) =>
    service(`s${at}`, { createdMs: at, has: [address(at)], requests: [address(at + 1)] }),
  );
  return snapshot(pools, services);
}

/** As a cluster does it, plan by plan; undefined where that takes too long. */
function settledSlowly(first: AssignmentSnapshot): AssignmentPlan | undefined {
  let current = first;
  for (let round = 0; round < 100; round++) {
    const plan = planAssignments(current);
    const kinds = [...plan.assignments.values()].map(({ kind }) => kind);
    if (plan.givenUp.length === 0 && !kinds.includes("assign") && !kinds.includes("release")) return plan;
    current = applied(current, plan);
  }
  return undefined;
}

describe("settledPlan()", () => {
  it.each([3, 8, 9, 100])("foretells where all of a chain of %i Services end", (length) => {
    const { assignments, isSettled } = settledPlan(chain(length));
    expect(isSettled).toBe(true);
    const reasons = new Set([...assignments.values()].map(({ kind, reason }) => `${kind} ${reason}`));
    expect([...reasons]).toEqual(["keep AddressAssigned"]);
  });

  it("says where a chain is too long to be foretold", () => {
    // Of 100 Services some 5,000 decisions settle all: the test above.
    expect(settledPlan(chain(100), 2_000).isSettled).toBe(false);
  });

  it("comes to rest where Services wait for each other in a ring", () => {
    const ring = snapshot(
      [pool("a", ["192.0.2.0/24"])],
      [
        service("a", { has: ["192.0.2.1"], requests: ["192.0.2.2"] }),
        service("b", { has: ["192.0.2.2"], requests: ["192.0.2.1"] }),
      ],
    );
    expect(summary(settledPlan(ring))).toEqual({
      a: "keep 192.0.2.1 RequestedAddressInUse",
      b: "keep 192.0.2.2 RequestedAddressInUse",
    });
  });

  it("is what plans come to that are made and written one after the other", () => {
    fc.assert(
      fc.property(snapshots, (first) => {
        const slow = settledSlowly(first);
        expect(slow && summary(settledPlan(first))).toEqual(slow && summary(slow));
        expect(slow).toBeDefined();
      }),
      { numRuns: 75 },
    );
  });
});
