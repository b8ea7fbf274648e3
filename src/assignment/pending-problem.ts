import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Reason } from "#src/model/reason.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { Assignment } from "./snapshot.ts";

/** Reasons that are the user's wish, or that the object's own Problems explain. */
const UNREMARKABLE: readonly Reason[] = ["AddressAssigned", "AddressReleased", "BadRequest", "OtherLoadBalancerClass"];

const WHAT: Partial<Record<Reason, string>> = {
  AddressOrphaned: "Cannot find a pool with the address that it has",
  AddressNotReleased: "Cannot release an address",
};

/**
 * The Problem of a Service (by key) that does not have all it asks for, as a decision explains it; undefined where it has.
 * An error where it has no address that is announced, otherwise a warning.
 */
export function pendingProblem(key: string, assignment: Assignment): Problem | undefined {
  const { kind, reason, message } = assignment;
  if (kind === "ignore" || UNREMARKABLE.includes(reason)) return undefined;
  // Those of another provider stay in the status, in no pool, and no speaker announces them.
  const isServed = ownAddresses(assignment).length > 0;
  const lack = WHAT[reason] ?? (isServed ? "Cannot assign an address of each family" : "Cannot assign an address");
  return {
    code: "SERVICE_PENDING",
    at: objectAt("Service", key),
    what: `${lack} (${reason})`,
    ...splitAdvice(message),
    severity: isServed ? "warning" : "error",
  };
}

/** A message in sentences, the last of which says what to do, as the parts of a Problem. */
function splitAdvice(message: string): Pick<Problem, "why" | "fix"> {
  const sentences = message.split(/(?<=\.)\s+(?=[A-Z])/);
  const fix = sentences.length > 1 ? (sentences.at(-1) ?? "") : "See the reason in docs/errors.md";
  const why = sentences.length > 1 ? sentences.slice(0, -1).join(" ") : message;
  return { why: `${why.slice(0, 1).toLowerCase()}${why.slice(1)}`.replace(/\.$/, ""), fix: fix.replace(/\.$/, "") };
}
