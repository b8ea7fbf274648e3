import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Logger } from "./log.ts";

/** Says each Problem once: again only after it had gone. */
export class ProblemLog {
  readonly #log: Logger;
  readonly #said = new Map<string, ReadonlySet<string>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many Problems there are now. */
  get count(): number {
    return [...this.#said.values()].reduce((sum, texts) => sum + texts.size, 0);
  }

  /** Takes all Problems of one place, an empty list if it is well. */
  report(place: string, problems: readonly Problem[]): void {
    const before = this.#said.get(place);
    for (const problem of problems) {
      if (before?.has(printProblem(problem)) === true) continue;
      const { severity, code: reason, where, what, why, fix } = problem;
      this.#log[severity === "error" ? "error" : "warn"]({ reason, where, what, why, fix }, "problem");
    }
    if (problems.length === 0) this.#said.delete(place);
    else this.#said.set(place, new Set(problems.map(printProblem)));
  }
}
