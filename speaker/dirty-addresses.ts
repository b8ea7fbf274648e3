/** Which addresses are to be decided about at the next tick, by text. */
export class DirtyAddresses {
  #keys = new Set<string>();
  #isAll = false;

  get isMarked(): boolean {
    return this.#isAll || this.#keys.size > 0;
  }

  mark(keys: Iterable<string>): void {
    if (!this.#isAll) for (const key of keys) this.#keys.add(key);
  }

  markAll(): void {
    this.#isAll = true;
    this.#keys.clear();
  }

  /** Those marked, of the ones given where all are; from now on none is. */
  take(...all: readonly Iterable<string>[]): ReadonlySet<string> {
    const keys = this.#keys;
    if (this.#isAll) for (const some of all) for (const key of some) keys.add(key);
    this.#keys = new Set();
    this.#isAll = false;
    return keys;
  }
}
