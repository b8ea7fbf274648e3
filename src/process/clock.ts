import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds, with fractions, of CLOCK_MONOTONIC: the same in all threads and processes of a machine, never set back. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** Milliseconds since 1970, for people and files; may jump when the clock is set. */
export function wallMs(): number {
  return Date.now();
}

/** Waits; rejects when the signal aborts. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
