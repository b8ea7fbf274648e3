// Time that a test moves by hand.
import { setImmediate } from "node:timers/promises";

/** Waits up to this long are pauses within a piece of work: they end at once. */
const PAUSE_MS = 20;

export class ManualTime {
  #nowMs = 1_000_000;
  readonly #tickMs: number;
  readonly #earlyMs: number;
  readonly #sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();

  /** `tickMs`: what each look at the clock takes. `earlyMs`: so much too early a wait may end, as real timers do. */
  constructor({ tickMs = 0, earlyMs = 0 } = {}) {
    this.#tickMs = tickMs;
    this.#earlyMs = earlyMs;
  }

  readonly nowMs = (): number => (this.#nowMs += this.#tickMs);

  readonly delay = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (ms <= PAUSE_MS) return setImmediate();
    await new Promise<void>((resolve) => {
      const sleeper = { dueMs: this.#nowMs + ms - this.#earlyMs, wake: resolve };
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
