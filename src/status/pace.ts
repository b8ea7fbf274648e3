import { type BackOff, doubledMs, spreadMs } from "#src/process/back-off.ts";

/** How often something is done again at once when it does not last, and how long the pauses are after that. */
export interface Pace {
  /** So many times it is done again without a pause. */
  readonly free: number;
  readonly pause: BackOff;
  /** After so long without another time, the next one is the first of a new streak. */
  readonly calmMs: number;
}

/** How often something was done without lasting success, one time after the other. */
export interface Streak {
  readonly count: number;
  /** The last time, and when it may be done again, on any steady clock. */
  readonly lastMs: number;
  readonly untilMs: number;
}

/**
 * The streak after one more time. `chance`, a number from 0 to below 1: half of each pause is left to it, so that many do
 * not come back together.
 */
export function lengthen(
  pace: Pace,
  before: Streak | undefined,
  { nowMs, chance }: { readonly nowMs: number; readonly chance?: number },
): Streak {
  const isOver = before === undefined || nowMs - before.lastMs >= pace.calmMs;
  const count = isOver ? 1 : before.count + 1;
  if (count <= pace.free) return { count, lastMs: nowMs, untilMs: nowMs };
  const pauseMs = doubledMs(pace.pause, count - pace.free - 1);
  return { count, lastMs: nowMs, untilMs: nowMs + (chance === undefined ? pauseMs : spreadMs(pauseMs, chance)) };
}

/** Milliseconds until it may be done again; 0: now. */
export function pauseMs(streak: Streak | undefined, nowMs: number): number {
  return streak === undefined ? 0 : Math.max(0, streak.untilMs - nowMs);
}

/** When the pause after the last time ends; undefined: there is none. */
export function pauseEndMs(streak: Streak | undefined): number | undefined {
  return streak !== undefined && streak.untilMs > streak.lastMs ? streak.untilMs : undefined;
}
