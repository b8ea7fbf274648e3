import { matchProgram, type StepBudget } from "./match-program.ts";
import { parsePattern, PatternFault } from "./parse-pattern.ts";
import { type PatternProgram, compilePattern } from "./compile-pattern.ts";

/** Characters of an expression. */
const MAX_LENGTH = 512;

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
    if (text.length > MAX_LENGTH) return { why: `it has more than ${MAX_LENGTH} characters` };
    try {
      return new PathPattern(compilePattern(parsePattern(`^${text}`)));
    } catch (error) {
      if (error instanceof PatternFault) return { why: error.message };
      throw error;
    }
  }

  /** Whether a normalised path matches; what that takes is taken off the budget. */
  test(path: string, budget?: StepBudget): boolean {
    return matchProgram(this.#program, path, budget) !== undefined;
  }

  /** The text that matches, and that of each group (empty where it took no part); undefined where the path does not match. */
  groups(path: string): readonly string[] | undefined {
    const places = matchProgram(this.#program, path);
    if (places === undefined) return undefined;
    return Array.from({ length: places.length / 2 }, (_, index) => {
      const [start, end] = [places[2 * index]!, places[2 * index + 1]!];
      return start === -1 || end === -1 ? "" : path.slice(start, end);
    });
  }
}
