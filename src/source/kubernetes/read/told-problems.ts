import type { Problem } from "#src/model/problem.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import type { Logger } from "#src/process/log.ts";
import { apiProblem, unknownLine } from "./api-problems.ts";
import type { ReflectorListener } from "./reflector.ts";

type Tell = (where: string, problems: readonly Problem[]) => void;

/** What is wrong now, by where: each is reported once, and so is its end. */
export class ToldProblems {
  readonly #server: string;
  readonly #log: Logger;
  readonly #told = new ToldOnce();
  #listener: Tell | undefined;

  constructor(server: string, log: Logger) {
    this.#server = server;
    this.#log = log;
  }

  /** Sets the listener; one that comes late hears of a failure with the next one. Undefined: none any more. */
  set listener(listener: Tell | undefined) {
    this.#listener = listener;
  }

  /** Reports problems of one place, if they are not those reported last. */
  tell(where: string, problems: readonly Problem[]): void {
    if (this.#listener === undefined) return;
    const codes = problems.map(({ code }) => code);
    if (this.#told.isNews(where, codes)) this.#listener(where, problems);
  }

  /** Tells how the requests to one path go. */
  of(path: string): Omit<ReflectorListener, "onChange"> {
    const where = `${this.#server}${path}`;
    return {
      onFailure: (err, failures) => {
        this.#log.debug({ err, path, failures }, "list or watch failed");
        const problem = apiProblem(where, err, failures);
        if (problem !== undefined) this.tell(where, [problem]);
      },
      onWell: () => this.tell(where, []),
      onUnknownLine: (line) => this.tell(`${where} (events)`, [unknownLine(where, line)]),
    };
  }
}
