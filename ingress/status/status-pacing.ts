import { lengthen, type Pace, pauseMs, type Streak } from "#src/status/pace.ts";

/** The pauses before the same is written to the same object again; after ten minutes without a write a status is at rest. */
const PACE: Pace = { free: 0, pause: { firstMs: 1_000, longestMs: 300_000 }, calmMs: 600_000 };
/** From so many times on another controller must be writing it, too. */
const CONTESTED_FROM = 4;

interface Attempts {
  readonly text: string;
  readonly streak: Streak;
}

/**
 * Spaces out writes that have to be made again: after a conflict, after a failure, and where another controller writes the
 * same status and would be answered for ever.
 */
export class StatusPacing {
  readonly #attempts = new Map<string, Attempts>();

  /** In how many milliseconds this value may be written to an object; 0: now. */
  waitMs(key: string, value: unknown, nowMs: number): number {
    return pauseMs(this.#streakOf(key, JSON.stringify(value)), nowMs);
  }

  /** Remembers an attempt. True: it is the one from which on another controller must be writing the status, too. */
  attempt(key: string, value: unknown, nowMs: number): boolean {
    const text = JSON.stringify(value);
    const streak = lengthen(PACE, this.#streakOf(key, text), { nowMs });
    this.#attempts.set(key, { text, streak });
    return streak.count === CONTESTED_FROM;
  }

  /** Forgets objects that are gone. */
  prune(isThere: (key: string) => boolean): void {
    for (const key of this.#attempts.keys()) if (!isThere(key)) this.#attempts.delete(key);
  }

  #streakOf(key: string, text: string): Streak | undefined {
    const last = this.#attempts.get(key);
    return last?.text === text ? last.streak : undefined;
  }
}
