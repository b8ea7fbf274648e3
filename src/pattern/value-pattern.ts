import type { PatternProgram } from "./compile-pattern.ts";
import { groupsIn } from "./groups-in.ts";
import { matchProgram, type StepBudget } from "./match-program.ts";
import { readProgram } from "./read-program.ts";

/** Characters of a value: a comparison takes up to 500 steps for each, in the engine's thread. */
const MAX_VALUE_LENGTH = 1_024;

/**
 * A regular expression that values of header fields are compared with, at any place in them; case counts, as for `ngx.re.match` of
 * ingress-nginx. It is data without methods: what reads it and what compares by it are different threads, and a copy is as good.
 */
export interface ValuePattern {
  readonly kind: "value-pattern";
  readonly text: string;
  readonly program: PatternProgram;
}

/** The expression that this text is, or why it cannot be used: a sentence without its end. */
export function readValuePattern(text: string): ValuePattern | { readonly why: string } {
  const program = readProgram(text, "value");
  return "why" in program ? program : { kind: "value-pattern", text, program };
}

/** Whether it is an expression, where other things stand, too. */
export function isValuePattern(one: unknown): one is ValuePattern {
  return typeof one === "object" && one !== null && "kind" in one && one.kind === "value-pattern";
}

/** Whether a value matches. One of more than 1,024 characters never does; no character that is not ASCII does. */
export function valueMatches({ program }: ValuePattern, value: string): boolean {
  return value.length <= MAX_VALUE_LENGTH && matchProgram(program, value) !== undefined;
}

/**
 * The text that matches, and that of each group (empty where it took no part); undefined where the value does not match, or the
 * budget does not suffice.
 */
export function valueGroups(
  { program }: ValuePattern,
  value: string,
  budget: StepBudget,
): readonly string[] | undefined {
  if (value.length > MAX_VALUE_LENGTH || budget.left < 0) return undefined;
  const places = matchProgram(program, value, budget);
  return places === undefined || budget.left < 0 ? undefined : groupsIn(value, places);
}
