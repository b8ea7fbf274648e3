import { monotonicMs } from "#src/process/clock.ts";

/** How often the event loop is looked at: often enough to see a stall, rare enough to cost an idle thread nothing. */
const LOOK_MS = 100;

/**
 * Tells the longest that the event loop of this thread was late since it was asked last, in seconds. Who asks may be heard before the timer
 * that the stall has held up: that counts, too, and once. (The delays that Node counts itself leave out what lies around each reset.)
 */
export function lagWatch(nowMs: () => number = monotonicMs): () => number {
  let dueMs = nowMs() + LOOK_MS;
  let mostMs = 0;
  const look = (): void => {
    const ms = nowMs();
    mostMs = Math.max(mostMs, ms - dueMs);
    dueMs = ms + LOOK_MS;
  };
  setInterval(look, LOOK_MS).unref();
  return () => {
    if (nowMs() > dueMs) look();
    const lateMs = mostMs;
    mostMs = 0;
    return lateMs / 1_000;
  };
}
