// Time that a test moves by hand.
import { setImmediate } from "node:timers/promises";

/** Waits up to this long are pauses within a piece of work: they end at once. */
const PAUSE_MS = 20;

export class ManualTime {
  #nowMs = 1_000_000;
  readonly #sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();

  readonly nowMs = (): number => this.#nowMs;

  readonly delay = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (ms <= PAUSE_MS) return setImmediate();
    await new Promise<void>((resolve) => {
      const sleeper = { dueMs: this.#nowMs + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        resolve();
      });
    });
  };

  /** Moves time, wakes who is due, and lets it take the next step. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.dueMs > this.#nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    await setImmediate();
  }
}
