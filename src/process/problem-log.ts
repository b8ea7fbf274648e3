import { printProblem, type Problem } from "#src/model/problem.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { Logger } from "./log.ts";
import { ToldOnce } from "#src/model/told-once.ts";

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
  readonly #told = new ToldOnce();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many Problems there are now. */
  get count(): number {
    return this.#told.count;
  }

  /** Takes all Problems of one place, an empty list if there are none. */
  report(place: string, problems: readonly Problem[], context?: Context): void {
    const texts = problems.map(printProblem);
    const fresh = this.#told.newOf(place, texts);
    for (const [index, problem] of problems.entries())
      if (fresh.has(texts[index] ?? "")) logProblem(this.#log, problem, context);
  }
}
