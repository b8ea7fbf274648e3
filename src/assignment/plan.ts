/**
 * Which address for which Service. The rules:
 *
 *  1. The cluster is the state: everything in a status is adopted before the first new address is given out, oldest
 *     Service first (creation time, then key). An address in use never moves to satisfy another request.
 *  2. Two statuses with one address that may not share it: the older Service keeps it, the other gives it up
 *     (AddressConflict) and gets a new one like any Service without.
 *  3. An address that no pool contains any more keeps serving and is marked AddressOrphaned. One that a pool contains
 *     keeps serving also when the pool is now named differently, has auto-assign off, or began to avoid buggy addresses.
 *  4. A requested address is given if a pool contains it (auto-assign off included) and it is free or may be shared. A
 *     refused request waits: it gets no other address instead. A requested pool is used even with auto-assign off.
 *  5. A request that changes on a Service with an address is make-before-break: it keeps what it has until the new one
 *     can be had, then both change in one step.
 *  6. Sharing: same non-empty key, no equal protocol and port, same backend (sharing.ts).
 *  7. PreferDualStack takes what there is, says what lacks and takes the other family later, from any pool.
 *     RequireDualStack gets both or none; what it already has it keeps.
 *  8. The choice: pools as declared, in them ranges as declared, in them the lowest address that is free and rested or
 *     may be shared; if only resting ones are free, the one that rests longest.
 *  9. Waiting Services are served oldest first.
 * 10. What a plan releases is free in the next plan, when the release stands in the status: no moment has two owners.
 * 11. A request that cannot be read (BadRequest) changes nothing: the Service keeps what it has and gets nothing new.
 * 12. The address of a Node is given to nobody, whatever pool contains it; it counts as in use.
 * 13. While there never was a good configuration, no status of a LoadBalancer Service is touched.
 */
import { AssignmentPlanner } from "./planner.ts";
import type { AssignmentPlan, AssignmentSnapshot } from "./snapshot.ts";

/** Decides for every Service which addresses it shall have, and says why. Deterministic; never throws for bad input. */
export function planAssignments(snapshot: AssignmentSnapshot): AssignmentPlan {
  const planner = new AssignmentPlanner();
  planner.plan(snapshot, []);
  return { assignments: planner.assignments, pools: planner.usage() };
}
