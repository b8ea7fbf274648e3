/** Something that lasts: since when, on any steady clock, and whether it was said. */
interface Lasting {
  readonly sinceMs: number;
  readonly isSaid: boolean;
}

/** Waits before something is said that may not last: each thing is said once, when its grace is over. */
export class Patience {
  readonly #graceMs: number;
  #lasting = new Map<string, Lasting>();
  #nextMs: number | undefined;

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Counts a thing as said. */
  skip(key: string): void {
    this.#lasting.set(key, { sinceMs: 0, isSaid: true });
  }

  /**
   * Takes all that is so now, and forgets what is not. Yields what is to be said now, each thing once while it lasts, in
   * order. `freeMs`, asked before each: from when on a thing may be said, besides its grace.
   */
  *due<Thing>(
    things: ReadonlyMap<string, Thing>,
    nowMs: number,
    freeMs: (thing: Thing) => number = () => -Infinity,
  ): Generator<Thing> {
    const lasting = new Map<string, Lasting>();
    this.#nextMs = undefined;
    for (const [key, thing] of things) {
      const { sinceMs, isSaid } = this.#lasting.get(key) ?? { sinceMs: nowMs, isSaid: false };
      const dueMs = Math.max(sinceMs + this.#graceMs, freeMs(thing));
      const isDue = !isSaid && dueMs <= nowMs;
      if (!isSaid && !isDue) this.#nextMs = Math.min(this.#nextMs ?? Infinity, dueMs);
      lasting.set(key, { sinceMs, isSaid: isSaid || isDue });
      if (isDue) yield thing;
    }
    this.#lasting = lasting;
  }

  /** Milliseconds until the next thing may be due, at least 0; undefined if none is. */
  nextInMs(nowMs: number): number | undefined {
    return this.#nextMs === undefined ? undefined : Math.max(0, this.#nextMs - nowMs);
  }
}
