import type { PatternProgram } from "./compile-pattern.ts";
import { matchProgram, type StepBudget } from "./match-program.ts";
import { readProgram } from "./read-program.ts";

/**
 * A regular expression that hosts are compared with, at any place in them and without regard to case, as nginx has them in
 * names of servers. Each comparison takes time in proportion to the host. It is data without methods: a copy in another thread is as good.
 */
export interface HostPattern {
  readonly program: PatternProgram;
}

/** The expression that this text is, or why it cannot be used: a sentence without its end. */
export function readHostPattern(text: string): HostPattern | { readonly why: string } {
  if (text === "") return { why: "it is empty" };
  // Alone first, so that no parenthesis of it closes one of ours.
  const alone = readProgram(text, "path");
  if ("why" in alone) return alone;
  const program = readProgram(`.*?(?:${text})`, "path");
  return "why" in program ? program : { program };
}

/** Whether a host, in lower case, matches; what that takes is taken off the budget. */
export function hostMatches({ program }: HostPattern, host: string, budget?: StepBudget): boolean {
  return matchProgram(program, host, budget) !== undefined;
}
