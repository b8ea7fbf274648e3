/**
 * Which address for which Service. The rules:
 *
 *  1. The cluster is the state: everything of ours in a status is adopted before the first new address is assigned. An
 *     address in use never moves to satisfy another request. Ours is what a pool contains, or what Hawser assigned, or
 *     MetalLB before it (an annotation says so); several addresses of one family are all kept.
 *  2. Two statuses with one address that may not share it: the Service that was edited since it has the address gives it
 *     up, otherwise the younger one (creation time, then key). That is reported (AddressConflict), and it gets a new one like any
 *     Service without. What a Service shared by when it got the address is in an annotation (sharing.ts, ADR 12).
 *  3. An address that no pool contains any longer keeps serving and is marked AddressOrphaned. One that a pool contains
 *     keeps serving also when the pool is now named differently, has auto-assign off, or began to avoid buggy addresses.
 *  4. A requested address is given if a pool contains it (auto-assign off included) and it is free or may be shared. A
 *     refused request waits: it gets no other address instead. A requested pool is used even with auto-assign off.
 *     Several requested pools (`v4,v6`) are tried in their order, for each family.
 *  5. A request that changes on a Service with an address is make-before-break: it keeps what it has until the new one
 *     can be had, then both change in one step.
 *  6. Sharing: same non-empty key, no equal protocol and port, same backend (sharing.ts).
 *  7. PreferDualStack takes what there is, says what lacks and takes the other family later, from any pool.
 *     RequireDualStack gets both or none; what it already has it keeps.
 *  8. The choice: what the Service had before, by namespace and name, where that is free. Otherwise pools as declared (16), in
 *     them ranges as declared, in them the lowest address that is free and rested or may be shared; if only resting ones
 *     are free, the one that rests longest.
 *  9. Waiting Services are served oldest first.
 * 10. What a plan releases is free in the next plan, when the release is in the status: no moment has two owners.
 * 11. A request that cannot be read (BadRequest) changes nothing: the Service keeps what it has and gets nothing new.
 * 12. No Service has the address of a Node, of a node's interface or of a default gateway, or a reserved one (loopback,
 *     link-local, multicast): no pool assigns it, and a Service that has it in its status loses it (AddressUnusable).
 * 13. The external IPs of a Service are assigned to no other one.
 * 14. An address that is not ours is exchanged for one of the pools; where there is none it stays in the status, is
 *     announced by no speaker, and the condition says what to do (AddressNotOurs).
 * 15. A pool serves the Services that its namespaces (by name or label) and selectors allow, and none while it is disabled;
 *     excluded addresses and those that a network of the nodes keeps for itself are not assigned; a namespace gets no more
 *     addresses of a pool than its quota. All this holds for requests too, and none of it takes an address away.
 * 16. Pools are tried by priority (0 last), those for certain Services before those for all, else as declared.
 * 17. Where the rest of a pool has no end, a freed address is kept for the Service that had it (namespace and name).
 *     In a pool with a quota resting addresses count for the namespace of the Service that had them: where they fill the
 *     quota, a Service of the namespace gets the one that rests longest, and what is more than the quota is given up.
 *     Addresses that leave count too, but one of each Service and family (quota.ts).
 * 18. An address that the Service is to release (`hawser.dev/release-addresses`) is exchanged for another one, as in 5, and is
 *     not given to it as long as it is named there. While no other can be had, or the Service asks for exactly this address,
 *     it keeps it (AddressNotReleased). Of several addresses of one family the others take its place. An address that the
 *     Service does not have is named there without effect.
 * 19. While there never was a good configuration, no status of a LoadBalancer Service is touched.
 */
import { AssignmentPlanner } from "./planner.ts";
import type { AssignmentPlan, AssignmentSnapshot } from "./snapshot.ts";

/** Decides for every Service which addresses it shall have, and says why. Deterministic; never throws for bad input. */
export function planAssignments(snapshot: AssignmentSnapshot): AssignmentPlan {
  const planner = new AssignmentPlanner();
  planner.plan(snapshot, []);
  return { assignments: planner.assignments, pools: planner.usage(), givenUp: planner.givenUp() };
}
