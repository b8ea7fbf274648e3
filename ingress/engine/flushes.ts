/** What holds frames back until other work of the same moment has added its own. */
interface Flushable {
  flush(): void;
}

/** Sends what was written on all connections once in a turn of the event loop, so that many frames share one write. */
export class Flushes {
  #waiting: Flushable[] = [];
  #isScheduled = false;
  readonly #soon: (run: () => void) => unknown;

  /** `soon` calls back after the events that are there now, as `setImmediate` does. */
  constructor(soon: (run: () => void) => unknown) {
    this.#soon = soon;
  }

  /** Flushes it in this turn. To be called once for each flush. */
  add(output: Flushable): void {
    this.#waiting.push(output);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#soon(this.#run);
  }

  readonly #run = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isScheduled = false;
    for (const output of waiting) output.flush();
  };
}
