import { printProblem, type Problem } from "#src/model/problem.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { MAX_REPORTED_PROBLEMS } from "#src/model/speaker-report.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import { mostTrustedFirst } from "./most-trusted-first.ts";

export interface ReportedProblemsOptions {
  /** Logs each Problem once. */
  log(place: string, problems: readonly Problem[]): void;
  /** `list()` changed. */
  onChange(list: readonly Problem[]): void;
}

/** The Problems of a speaker itself: in its log, and in its report. Those of objects are in its log alone. */
export class ReportedProblems {
  readonly #options: ReportedProblemsOptions;
  readonly #byPlace = new Map<string, readonly Problem[]>();
  readonly #told = new ToldOnce();
  #list: readonly Problem[] = [];

  constructor(options: ReportedProblemsOptions) {
    this.#options = options;
  }

  /** Takes all Problems of one place, an empty list if it is well. */
  report(place: string, problems: readonly Problem[]): void {
    this.#byPlace.set(place, problems);
    const all = withoutConsequences([...this.#byPlace.values()].flat());
    for (const [one, own] of this.#byPlace)
      this.#options.log(
        one,
        own.filter((problem) => all.includes(problem)),
      );
    const list = mostTrustedFirst(all).slice(0, MAX_REPORTED_PROBLEMS);
    const texts = list.map((problem) => JSON.stringify([printProblem(problem), problem.addresses]));
    if (!this.#told.isNews("list", texts)) return;
    this.#list = list;
    this.#options.onChange(list);
  }

  /** Those that a report has room for, the most trusted first; the same list until it changes. */
  list(): readonly Problem[] {
    return this.#list;
  }
}

/** Two speakers with different keys do not hear each other: the keys are what there is to fix. */
function withoutConsequences(problems: readonly Problem[]): readonly Problem[] {
  const keysDiffer = new Set(
    problems.filter(({ code }) => code === "HEARTBEAT_KEY_DIFFERS").map(({ at }) => printPlace(at)),
  );
  return problems.filter(({ code, at }) => code !== "HEARTBEATS_NOT_HEARD" || !keysDiffer.has(printPlace(at)));
}
