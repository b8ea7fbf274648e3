import { equalIps, type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { isHandsOff } from "./is-hands-off.ts";
import { ownAddresses } from "./own-addresses.ts";
import { AssignmentPlanner } from "./planner.ts";
import type { Assignment, AssignmentPlan, AssignmentSnapshot, Rest } from "./snapshot.ts";

/**
 * Decisions about one Service that are made at most, besides some for each Service: a few seconds of work. In a chain of Services, each of
 * which waits for the address of the next one, a round moves one of them and asks all that wait: this is enough for some 400.
 */
const MOST_DECISIONS = 200_000;
const MOST_DECISIONS_EACH = 16;

/** A plan, and whether it is the last one: otherwise Services move on where it ends. */
export interface SettledPlan extends AssignmentPlan {
  readonly isSettled: boolean;
}

/**
 * The plan that a cluster ends with: plans, writes each plan into the statuses, and plans again until no Service gets or loses
 * an address. The controller does the same, one round after the other.
 *
 * That ends: in each round but the last a Service gets an address that it lacked, loses one that it may not have, or a resting
 * address is given up, and none of these comes again for the same Service and family. But Services can be made to wait for each other in
 * a chain of any length, whose cost grows with the square of that, so the work has a bound.
 */
export function settledPlan(snapshot: AssignmentSnapshot, mostDecisions = MOST_DECISIONS): SettledPlan {
  const planner = new AssignmentPlanner();
  const services = new Map(snapshot.services);
  let current = { ...snapshot, services };
  let changed: readonly string[] = [];
  for (let left = mostDecisions + MOST_DECISIONS_EACH * services.size; ;) {
    const { decided } = planner.plan(current, changed);
    left -= decided.length;
    const { assignments } = planner;
    const givenUp = planner.givenUp();
    const moving = decided.filter((key) => isMove(assignments.get(key)));
    const isSettled = moving.length === 0 && givenUp.length === 0;
    if (isSettled || left <= 0) return { assignments, pools: planner.usage(), givenUp, isSettled };
    const resting = new Map<string, Rest>(current.resting);
    for (const ip of givenUp) resting.delete(printIp(ip));
    for (const key of moving)
      for (const { ip } of assignments.get(key)?.released ?? [])
        resting.set(printIp(ip), { sinceMs: snapshot.nowMs, service: key });
    changed = decided.filter((key) => writeInto(services, key, assignments.get(key)));
    current = { ...current, resting };
  }
}

function isMove(assignment: Assignment | undefined): boolean {
  return assignment?.kind === "assign" || assignment?.kind === "release";
}

/** Writes a decision into the status of a Service; false where that showed it already. */
function writeInto(services: Map<string, Service>, key: string, assignment: Assignment | undefined): boolean {
  const service = services.get(key);
  if (service === undefined || assignment === undefined || isHandsOff(assignment)) return false;
  const { addresses, pool: allocatedFrom, terms: sharedTerms } = assignment;
  const own = ownAddresses(assignment);
  const markedAddresses = own.length > 0 ? own : undefined;
  const written = { ...service, assignedAddresses: addresses, allocatedFrom, markedAddresses, sharedTerms };
  const isSame =
    isSameList(service.assignedAddresses, addresses) &&
    isSameList(service.markedAddresses ?? [], own) &&
    service.allocatedFrom === allocatedFrom &&
    service.sharedTerms === sharedTerms;
  if (!isSame) services.set(key, written);
  return !isSame;
}

function isSameList(left: readonly Ip[], right: readonly Ip[]): boolean {
  return left.length === right.length && left.every((ip, at) => right[at] !== undefined && equalIps(ip, right[at]));
}
