/** How many that wait get their turn before everything else of the program gets its own. */
const TURNS_AT_ONCE = 4;

/** Spreads work that came at once over turns of the event loop, so that other connections are served in between. */
export class Turns {
  readonly #waiting = new Set<() => void>();
  #isScheduled = false;
  readonly #soon: (run: () => void) => void;

  /** `soon` calls back after events that are there now, as `setImmediate` does. */
  constructor(soon: (run: () => void) => void) {
    this.#soon = soon;
  }

  /** Calls back when it is this one's turn: after all that wait already. Once for each function that waits. */
  add(run: () => void): void {
    this.#waiting.add(run);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#soon(this.#next);
  }

  readonly #next = (): void => {
    let left = Math.min(TURNS_AT_ONCE, this.#waiting.size);
    for (const run of this.#waiting) {
      this.#waiting.delete(run);
      run();
      left -= 1;
      if (left === 0) break;
    }
    this.#isScheduled = this.#waiting.size > 0;
    if (this.#isScheduled) this.#soon(this.#next);
  };
}
