import { MAX_STALL_MS } from "#src/wire/heartbeat.ts";

/** Heartbeats name a stall for so long after it. */
const TOLD_MS = 60_000;

/**
 * The longest time for which this speaker did not run lately. On a machine without CPU to spare a speaker is silent now
 * and then, and lives: it says so, and the others wait for it a little longer. A machine that dies says nothing.
 */
export class Stalls {
  readonly #leastMs: number;
  #worst = { lengthMs: 0, atMs: 0 };
  #tickedMs: number | undefined;

  /** A stall shorter than `leastMs` does not count. */
  constructor(leastMs: number) {
    this.#leastMs = leastMs;
  }

  /** What to tell the others: 0 if there was none. */
  get worstMs(): number {
    return this.#worst.lengthMs;
  }

  /** Called at each tick. The length of the stall that ends now, if it is worse than those before; else undefined. */
  tick(nowMs: number): number | undefined {
    const silentMs = nowMs - (this.#tickedMs ?? nowMs);
    this.#tickedMs = nowMs;
    const lengthMs = silentMs < this.#leastMs ? 0 : Math.min(silentMs, MAX_STALL_MS);
    const isWorse = lengthMs > this.#worst.lengthMs;
    if (isWorse || nowMs - this.#worst.atMs > TOLD_MS) this.#worst = { lengthMs, atMs: nowMs };
    return isWorse ? lengthMs : undefined;
  }
}
