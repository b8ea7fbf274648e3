import { type BackOff, doubledMs, spreadMs } from "#src/process/back-off.ts";
import { delay, wallMs } from "#src/process/clock.ts";

/** Time and chance of the Kubernetes source: parameters, so that tests can hurry. */
export interface Timing {
  /** Waits; resolves early, or rejects, when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** A number from 0 up to 1, new at each call. */
  readonly chance: () => number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The machine's own. */
export const realTiming: Timing = {
  delay,
  chance: Math.random,
  clock: wallMs,
};

/** The longest is short enough that a restarted API server is found soon, long enough for a hundred nodes that look for it. */
const BACK_OFF: BackOff = { firstMs: 250, longestMs: 5_000 };

/** How long to wait after so many failures in a row: doubled by each, the upper half left to chance. */
export function backOffMs(failures: number, chance: number): number {
  return failures === 0 ? 0 : spreadMs(doubledMs(BACK_OFF, failures - 1), chance);
}

/** Waits, or not any longer once the signal aborts; never rejects. */
export async function pause({ delay }: Timing, ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0 && !signal.aborted) await delay(ms, signal).catch(() => undefined);
}

/** Calls `run` after a time, unless the signal aborts before. */
export async function afterPause(timing: Timing, ms: number, on: { signal: AbortSignal; run(): void }): Promise<void> {
  await pause(timing, ms, on.signal);
  if (!on.signal.aborted) on.run();
}
