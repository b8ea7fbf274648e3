import { oneLine } from "./one-line.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { printPlace, type ProblemPlace } from "./problem-place.ts";

/** A finding that a user can fix. docs/errors.md lists every code; a test compares the two lists both ways. */
export interface Problem {
  /** From a closed set, in upper snake case: `POOL_RANGE_REVERSED`. */
  readonly code: ProblemCode;
  /** The object and the place in it; printed as `where`: `ConfigMap "hawser-system/hawser" address-pools[0].addresses[1]`. */
  readonly at: ProblemPlace;
  /** What could not be done: `Cannot read range "10.0.0.9-10.0.0.1"`. */
  readonly what: string;
  /** The cause: `it ends below its start`. */
  readonly why: string;
  /** What to do: `Write "10.0.0.1-10.0.0.9"`. */
  readonly fix: string;
  /** `error`: the object (or that part of it) is not used. `warning`: it is used, but differently than written. */
  readonly severity: "error" | "warning";
  /** The addresses that it is about, as `printAddresses` prints them, where other programs are to know them. */
  readonly addresses?: readonly string[];
  /** The line of the value in the file that it was read from (from 1), where that is known. */
  readonly line?: number;
}

/** The outcome of reading one object: a value, possibly with warnings, or the problems that prevent it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A Problem as logs and JSON have it. */
export type PrintedProblem = Omit<Problem, "at"> & { readonly where: string };

/** Prints the place of a Problem; its fields stay in their order. */
export function withPlacePrinted<P extends Problem>(problem: P): Omit<P, "at"> & PrintedProblem {
  const fields = Object.entries(problem).map(([name, value]) =>
    name === "at" ? ["where", printPlace(problem.at)] : [name, value],
  );
  return Object.fromEntries(fields) as Omit<P, "at"> & PrintedProblem;
}

/** One line for a terminal or a log. */
export function printProblem(problem: Problem): string {
  const { at, what, why, fix, code } = problem;
  return oneLine(`${printPlace(at)}: ${what}: ${why}. ${fix}${/[.?]$/.test(fix) ? "" : "."} [${code}]`);
}
