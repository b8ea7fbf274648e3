/** How long keys have been in a state. What is to be said of a key waits until its grace is over. */
export class Patience {
  readonly #graceMs: number;
  /** Since when each key is in the state, while its grace lasts; the longest first. */
  readonly #sinceMs = new Map<string, number>();
  /** Those whose grace is over. */
  readonly #over = new Set<string>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Notes that the key is in the state. True while its grace lasts. */
  waits(key: string, nowMs: number): boolean {
    if (this.#over.has(key)) return false;
    const sinceMs = this.#sinceMs.get(key) ?? nowMs;
    this.#sinceMs.set(key, sinceMs);
    if (nowMs - sinceMs < this.#graceMs) return true;
    this.#end(key);
    return false;
  }

  /** Those whose grace is over by now: each is named once, because it may have to wait for another reason. */
  due(nowMs: number): readonly string[] {
    const due: string[] = [];
    for (const [key, sinceMs] of this.#sinceMs) {
      if (nowMs - sinceMs < this.#graceMs) break;
      due.push(key);
    }
    for (const key of due) this.#end(key);
    return due;
  }

  /** Those whose grace is over. */
  get over(): Iterable<string> {
    return this.#over;
  }

  /** Milliseconds until the next grace ends, at least 0; undefined if none runs. */
  nextInMs(nowMs: number): number | undefined {
    const [sinceMs] = this.#sinceMs.values();
    return sinceMs === undefined ? undefined : Math.max(0, sinceMs + this.#graceMs - nowMs);
  }

  /** The key is no longer in the state. */
  forget(key: string): void {
    this.#sinceMs.delete(key);
    this.#over.delete(key);
  }

  #end(key: string): void {
    this.#sinceMs.delete(key);
    this.#over.add(key);
  }
}
