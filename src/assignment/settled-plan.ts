import { printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { isHandsOff } from "./is-hands-off.ts";
import { ownAddresses } from "./own-addresses.ts";
import { planAssignments } from "./plan.ts";
import type { Assignment, AssignmentPlan, AssignmentSnapshot } from "./snapshot.ts";

/**
 * Plans until nothing changes any more: what one plan releases or gives up the next one assigns. Mostly two are enough; a long chain
 * of Services, each of which waits for the address of another, is foretold only so far.
 */
const MAX_ROUNDS = 8;

/**
 * The plan that a cluster ends with: plans, writes each plan into the statuses, and plans again until no Service gets or loses
 * an address. The controller does the same, one round after the other.
 */
export function settledPlan(snapshot: AssignmentSnapshot): AssignmentPlan {
  let current = snapshot;
  for (let round = 1; ; round++) {
    const plan = planAssignments(current);
    const isCalm =
      plan.givenUp.length === 0 &&
      [...plan.assignments.values()].every(({ kind }) => kind !== "assign" && kind !== "release");
    if (isCalm || round === MAX_ROUNDS) return plan;
    current = withPlanWritten(current, plan);
  }
}

/** A snapshot after a plan was written into every status. */
function withPlanWritten(before: AssignmentSnapshot, { assignments, givenUp }: AssignmentPlan): AssignmentSnapshot {
  const services = new Map<string, Service>();
  const resting = new Map(before.resting);
  for (const ip of givenUp) resting.delete(printIp(ip));
  for (const [key, service] of before.services) {
    const assignment = assignments.get(key);
    services.set(key, assignment === undefined ? service : withAssignment(service, assignment));
    for (const { ip } of assignment?.released ?? []) resting.set(printIp(ip), { sinceMs: before.nowMs, service: key });
  }
  return { ...before, services, resting };
}

function withAssignment(service: Service, assignment: Assignment): Service {
  if (isHandsOff(assignment)) return service;
  const { addresses, pool, terms } = assignment;
  const own = ownAddresses(assignment);
  const markedAddresses = own.length > 0 ? own : undefined;
  return { ...service, assignedAddresses: addresses, allocatedFrom: pool, markedAddresses, sharedTerms: terms };
}
