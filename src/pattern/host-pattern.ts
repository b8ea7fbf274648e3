import type { StepBudget } from "./match-program.ts";
import { PathPattern } from "./path-pattern.ts";

/**
 * A regular expression that hosts are compared with, at any place in them and without regard to case, as nginx has them in
 * names of servers. Each comparison takes time in proportion to the host.
 */
export class HostPattern {
  readonly #pattern: PathPattern;

  private constructor(pattern: PathPattern) {
    this.#pattern = pattern;
  }

  /** The expression that this text is, or why it cannot be used: a sentence without its end. */
  static read(text: string): HostPattern | { readonly why: string } {
    if (text === "") return { why: "it is empty" };
    // Alone first, so that no parenthesis of it closes one of ours.
    const alone = PathPattern.read(text);
    if (!(alone instanceof PathPattern)) return alone;
    const anywhere = PathPattern.read(`.*?(?:${text})`);
    return anywhere instanceof PathPattern ? new HostPattern(anywhere) : anywhere;
  }

  /** Whether a host, in lower case, matches; what that takes is taken off the budget. */
  test(host: string, budget?: StepBudget): boolean {
    return this.#pattern.test(host, budget);
  }
}
