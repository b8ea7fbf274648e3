// A change of the model's cluster, foretold as `hawser plan` does, and then made.
import { isDeepStrictEqual } from "node:util";
import { comparePlans, type PlanChanges } from "#src/assignment/compare-plans.ts";
import { isHandsOff } from "#src/assignment/is-hands-off.ts";
import { ownAddresses } from "#src/assignment/own-addresses.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { settledPlan } from "#src/assignment/settled-plan.ts";
import type { Assignment, AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import { printIp } from "#src/ip/address.ts";
import type { ModelCluster } from "./model-cluster.ts";

/** Plans and writes until a cluster is at rest: more than any chain of so few Services needs. */
const ROUNDS = 30;
/** As many as `settledPlan` foretells. */
const ROUNDS_FORETOLD = 8;

/** Makes the change in a cluster at rest. Returns what came of it otherwise than foretold; undefined where nothing did. */
export function faultOfForetold(cluster: ModelCluster, change: (cluster: ModelCluster) => void): string | undefined {
  if (settle(cluster) > ROUNDS) return "it does not come to rest";
  const before = copyOf(cluster.snapshot);
  change(cluster);
  const after = copyOf(cluster.snapshot);
  const settled = settledPlan(after);
  const foretold = comparePlans(
    { snapshot: before, assignments: planAssignments(before).assignments },
    { snapshot: after, assignments: settled.assignments },
  );
  const rounds = settle(cluster);
  if (rounds > ROUNDS) return "it does not come to rest after a change";
  if (rounds > ROUNDS_FORETOLD) return undefined;
  const reached = new Map(cluster.planner.assignments);
  for (const [key, assignment] of settled.assignments)
    if (!isDeepStrictEqual(outcomeOf(assignment), outcomeOf(reached.get(key)))) return `${key}: foretold otherwise`;
  return faultOfChanges(foretold, { before, reached });
}

/** How many plans it took until nothing was to be written. */
function settle(cluster: ModelCluster): number {
  for (let round = 1; round <= ROUNDS; round++) {
    cluster.planner.plan(cluster.snapshot, cluster.changed);
    cluster.changed.clear();
    const plan = new Map(cluster.planner.assignments);
    const givenUp = cluster.planner.givenUp();
    cluster.giveUp(givenUp);
    const isCalm = [...plan.values()].every(({ kind }) => kind !== "assign" && kind !== "release");
    if (isCalm && givenUp.length === 0) return round;
    for (const key of plan.keys()) cluster.write(key, plan);
  }
  return ROUNDS + 1;
}

function copyOf(snapshot: AssignmentSnapshot): AssignmentSnapshot {
  return { ...snapshot, services: new Map(snapshot.services) };
}

/** All of a decision that does not depend on what was there before it. */
function outcomeOf(assignment: Assignment | undefined): Partial<Assignment> | undefined {
  if (assignment === undefined || isHandsOff(assignment)) return assignment;
  const { addresses, pool, terms, reason, message } = assignment;
  return { addresses, pool, terms, reason, message };
}

/** Whether the lists of the changes, from what the Services had, come to what they have. */
function faultOfChanges(
  { keep, gain, lose, move, orphan }: PlanChanges,
  { before, reached }: { before: AssignmentSnapshot; reached: ReadonlyMap<string, Assignment> },
): string | undefined {
  const had = heldBy(planAssignments(before).assignments);
  const has = heldBy(reached);
  const expected = new Map([...had].map(([key, ips]) => [key, new Set(ips)]));
  const of = (key: string): Set<string> => expected.get(key) ?? expected.set(key, new Set()).get(key) ?? new Set();
  for (const { service, address } of lose)
    if (!of(service).delete(address)) return `${service} has no ${address} to lose`;
  for (const { service, from } of move) if (!of(service).delete(from)) return `${service} has no ${from} to move from`;
  for (const { service, to } of move) of(service).add(to);
  for (const { service, address } of gain) of(service).add(address);
  for (const { service, address } of orphan)
    if (!of(service).has(address)) return `${service} does not have ${address}, said to be orphaned`;
  for (const key of new Set([...expected.keys(), ...has.keys()])) {
    const [wanted, real] = [[...of(key)].sort(), [...(has.get(key) ?? [])].sort()];
    if (!isDeepStrictEqual(wanted, real)) return `${key}: ${wanted.join()} is foretold, and it has ${real.join()}`;
  }
  const orphaned = new Set(orphan.map(({ service }) => service));
  const kept = [...had].filter(([key, ips]) => {
    const isAll = [...ips].every((ip) => has.get(key)?.has(ip) === true);
    return ips.size > 0 && isAll && !orphaned.has(key);
  });
  return kept.length === keep ? undefined : `${keep} are foretold to keep all, and ${kept.length} did`;
}

function heldBy(assignments: ReadonlyMap<string, Assignment>): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    [...assignments].map(([key, one]) => [key, new Set(one.kind === "ignore" ? [] : ownAddresses(one).map(printIp))]),
  );
}
