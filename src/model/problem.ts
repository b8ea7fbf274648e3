import { oneLine } from "./one-line.ts";
import type { ProblemCode } from "./problem-codes.ts";

/** A finding that a user can fix. docs/errors.md lists every code; a test compares the two lists both ways. */
export interface Problem {
  /** From a closed set, in upper snake case: `POOL_RANGE_REVERSED`. */
  readonly code: ProblemCode;
  /** The object and the place in it: `ConfigMap "hawser-system/hawser" address-pools[0].addresses[1]`. */
  readonly where: string;
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

/** One line for a terminal or a log. */
export function printProblem(problem: Problem): string {
  const { where, what, why, fix, code } = problem;
  return oneLine(`${where}: ${what}: ${why}. ${fix}${/[.?]$/.test(fix) ? "" : "."} [${code}]`);
}
