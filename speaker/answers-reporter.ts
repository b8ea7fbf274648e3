import type { LastAnswers } from "./last-answers.ts";
import type { FromWorker } from "./messages.ts";

/** Between two reports of answers where nothing else is reported. */
const LEAST_MS = 60_000;
/** More of it for each member: all speakers together write two reports a second for their answers at most. */
const MS_PER_MEMBER = 500;

export interface AnswersReporterOptions {
  readonly answers: LastAnswers;
  post(message: FromWorker): void;
}

/** Tells the main thread which requests were answered last: whenever the state changes, and slowly otherwise. */
export class AnswersReporter {
  readonly #options: AnswersReporterOptions;
  #reportedMs = 0;
  #members = 1;

  constructor(options: AnswersReporterOptions) {
    this.#options = options;
  }

  /** A state is to be reported for so many live speakers: the answers go with it, because a report is written anyway. */
  goWithState(members: number, nowMs: number): void {
    this.#members = members;
    this.#report(nowMs);
  }

  /** To be called often. */
  tick(nowMs: number): void {
    if (nowMs - this.#reportedMs >= Math.max(LEAST_MS, this.#members * MS_PER_MEMBER)) this.#report(nowMs);
  }

  #report(nowMs: number): void {
    const answers = this.#options.answers.take();
    if (answers === undefined) return;
    this.#reportedMs = nowMs;
    this.#options.post({ kind: "answers", answers });
  }
}
