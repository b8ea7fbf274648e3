import { monotonicMs } from "#src/process/clock.ts";
import { pause, type Timing } from "./timing.ts";

interface Running {
  readonly ending: AbortController;
  readonly startedMs: number;
}

export interface DeadlinesOptions {
  readonly timing: Timing;
  /** How long each piece of work may take. */
  readonly ms: number;
  /** Why one that takes longer ends. */
  readonly late: () => Error;
}

/**
 * Ends pieces of work that take too long. All may take as long as each other, so one timer watches them all, and a
 * piece that ends in time costs no timer, no error and no chain of signals: there are thousands of requests.
 */
export class Deadlines {
  readonly #options: DeadlinesOptions;
  readonly #closing = new AbortController();
  /** In the order in which they began. */
  readonly #running = new Set<Running>();
  #isWatched = false;

  constructor(options: DeadlinesOptions) {
    this.#options = options;
  }

  /** Does a piece of work under a signal that aborts when its time is over, at the close, or when `outer` does. */
  async run<T>(outer: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const one: Running = { ending: new AbortController(), startedMs: monotonicMs() };
    const abort = (): void => one.ending.abort(outer?.reason);
    if (this.#closing.signal.aborted) one.ending.abort(this.#closing.signal.reason);
    else if (outer?.aborted === true) abort();
    else outer?.addEventListener("abort", abort, { once: true });
    this.#running.add(one);
    if (!this.#isWatched) void this.#watch();
    try {
      return await work(one.ending.signal);
    } finally {
      this.#running.delete(one);
      outer?.removeEventListener("abort", abort);
    }
  }

  /** Ends all at once. */
  close(): void {
    this.#closing.abort();
    for (const { ending } of this.#running) ending.abort(this.#closing.signal.reason);
  }

  /** Waits for the end of the oldest one's time, then as much longer as the next one began later, and so on. */
  async #watch(): Promise<void> {
    const { timing, ms, late } = this.#options;
    this.#isWatched = true;
    let waitMs = ms;
    for (let [oldest] = this.#running; oldest !== undefined;) {
      await pause(timing, waitMs, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      if (this.#running.delete(oldest)) oldest.ending.abort(late());
      const [next] = this.#running;
      waitMs = (next?.startedMs ?? 0) - oldest.startedMs;
      oldest = next;
    }
    this.#isWatched = false;
  }
}
