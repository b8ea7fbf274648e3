/** Of those that may wait, so many are decided on at a tick: a few milliseconds' work in a large cluster. */
const PORTION = 64;

/** Which addresses are to be decided about at the next tick, by text. */
export class DirtyAddresses {
  #keys = new Set<string>();
  /** Marked as what may wait, those that have waited longest first. */
  readonly #later = new Set<string>();
  #isAll = false;

  get isMarked(): boolean {
    return this.#isAll || this.#keys.size > 0 || this.#later.size > 0;
  }

  mark(keys: Iterable<string>): void {
    if (!this.#isAll) for (const key of keys) this.#keys.add(key);
  }

  /** Marks what may wait: each take gives a portion of it. */
  markLater(keys: Iterable<string>): void {
    for (const key of keys) this.#later.add(key);
  }

  markAll(): void {
    this.#isAll = true;
    this.#keys.clear();
    this.#later.clear();
  }

  /** Those marked, of the ones given where all are, and a portion of those that may wait; from now on none of them is. */
  take(...all: readonly Iterable<string>[]): ReadonlySet<string> {
    const keys = this.#keys;
    if (this.#isAll) for (const some of all) for (const key of some) keys.add(key);
    for (const key of keys) this.#later.delete(key);
    for (const key of [...this.#later].slice(0, PORTION)) {
      keys.add(key);
      this.#later.delete(key);
    }
    this.#keys = new Set();
    this.#isAll = false;
    return keys;
  }
}
