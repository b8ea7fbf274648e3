import type { PatternProgram } from "./compile-pattern.ts";
import { groupsIn } from "./groups-in.ts";
import { matchProgram, type StepBudget } from "./match-program.ts";
import { readProgram } from "./read-program.ts";

/**
 * A regular expression that paths are compared with: from their beginning, not to their end, without regard to case, as
 * nginx has them in locations. Each comparison takes time in proportion to the path.
 */
export class PathPattern {
  readonly #program: PatternProgram;

  private constructor(program: PatternProgram) {
    this.#program = program;
  }

  /** The expression that this text is, or why it cannot be used: a sentence without its end. */
  static read(text: string): PathPattern | { readonly why: string } {
    const program = readProgram(text, "path");
    return "why" in program ? program : new PathPattern(program);
  }

  /** Whether a normalised path matches; what that takes is taken off the budget. */
  test(path: string, budget?: StepBudget): boolean {
    return matchProgram(this.#program, path, budget) !== undefined;
  }

  /** The text that matches, and that of each group (empty where it took no part); undefined where the path does not match. */
  groups(path: string): readonly string[] | undefined {
    const places = matchProgram(this.#program, path);
    return places && groupsIn(path, places);
  }
}
