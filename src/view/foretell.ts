import { comparePlans, type PlanChanges } from "#src/assignment/compare-plans.ts";
import { pendingProblem } from "#src/assignment/pending-problem.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { settledPlan } from "#src/assignment/settled-plan.ts";
import { unsettledProblems } from "#src/assignment/unsettled-problems.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import { findMissing } from "./find-missing.ts";
import { type ObjectChange, overlayObjects } from "./overlay-objects.ts";
import { readInstallation } from "./seen-installation.ts";
import { snapshotOf } from "./snapshot-of.ts";
import type { StatusInput } from "./status-input.ts";

/** What comes of a change before it is made. */
export interface Foretold extends PlanChanges {
  /** The Services that lack an address after the change, and did not before, or lacked it for another reason. Not those in `orphan`. */
  readonly problems: readonly Problem[];
  /** What is wrong with the configuration after the change and was not before; all of it, where an object of it cannot be used. */
  readonly configProblems: readonly Problem[];
}

/**
 * Foretells what the controller does when these objects of an installation are applied and deleted. An object of the
 * configuration that cannot be used leaves the one before in use, as in the controller.
 */
export function foretell(input: StatusInput, change: ObjectChange): Foretold {
  const seen = readInstallation(input);
  const now = snapshotOf(seen, input);
  const changed = overlayObjects(input, change);
  const seenThen = readInstallation(changed, input);
  const then = snapshotOf(seenThen, changed);
  const before = { snapshot: now, assignments: planAssignments(now).assignments };
  const settled = settledPlan(then);
  const after = { snapshot: then, assignments: settled.assignments };
  const problems = [...after.assignments].flatMap(([key, assignment]) => {
    const known = before.assignments.get(key);
    const problem = pendingProblem(key, assignment);
    if (assignment.reason === "AddressOrphaned") return [];
    const isNew = known?.reason !== assignment.reason || known.message !== assignment.message;
    return problem !== undefined && isNew ? [problem] : [];
  });
  const known = new Set(seenThen.isConfigStale ? [] : seen.configProblems.map(printProblem));
  const missing = findMissing(changed).filter(({ code }) => code === "CONFIG_MAP_MISSING");
  const ofConfig = seenThen.configProblems.filter((problem) => !known.has(printProblem(problem)));
  const configProblems = [...missing, ...ofConfig];
  return { ...comparePlans(before, after), problems: [...problems, ...unsettledProblems(settled)], configProblems };
}
