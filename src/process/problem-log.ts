import { printProblem, type Problem } from "#src/model/problem.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { Logger } from "./log.ts";

/** Further fields of a log line, such as the key of the Service. */
type Context = Readonly<Record<string, unknown>>;

/**
 * Logs a Problem in the one form that all programs have: the message "problem", the fields code, where, what, why and fix,
 * the level by its severity.
 */
export function logProblem(log: Logger, problem: Problem, context: Context = {}): void {
  const { severity, code, at, what, why, fix } = problem;
  log[severity === "error" ? "error" : "warn"]({ ...context, code, where: printPlace(at), what, why, fix }, "problem");
}

/** Logs each Problem once: again only after it was gone. */
export class ProblemLog {
  readonly #log: Logger;
  readonly #logged = new Map<string, ReadonlySet<string>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many Problems there are now. */
  get count(): number {
    return [...this.#logged.values()].reduce((sum, texts) => sum + texts.size, 0);
  }

  /** Takes all Problems of one place, an empty list if there are none. */
  report(place: string, problems: readonly Problem[], context?: Context): void {
    const before = this.#logged.get(place);
    for (const problem of problems)
      if (before?.has(printProblem(problem)) !== true) logProblem(this.#log, problem, context);
    if (problems.length === 0) this.#logged.delete(place);
    else this.#logged.set(place, new Set(problems.map(printProblem)));
  }
}
