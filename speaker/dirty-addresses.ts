/** Addresses that are decided on at once: a few milliseconds' work in a large cluster. */
const PORTION = 64;

/** Which addresses are to be decided on, by text: what is marked is begun with at a tick, and taken portion by portion. */
export class DirtyAddresses {
  readonly #keys = new Set<string>();
  /** Marked as what may wait, those that have waited longest first. */
  readonly #later = new Set<string>();
  #isAll = false;
  /** Begun with, and not taken yet. */
  #begun: Set<string> = new Set();

  /** Something is marked that was not begun with. */
  get isMarked(): boolean {
    return this.#isAll || this.#keys.size > 0 || this.#later.size > 0;
  }

  /** Of what was begun with something is left. */
  get hasMore(): boolean {
    return this.#begun.size > 0;
  }

  mark(keys: Iterable<string>): void {
    for (const key of keys) this.#keys.add(key);
  }

  /** Marks what may wait: a portion of it is begun with at a time. */
  markLater(keys: Iterable<string>): void {
    for (const key of keys) this.#later.add(key);
  }

  /** Marks all; those that are marked by name come before the others all the same. */
  markAll(): void {
    this.#isAll = true;
    this.#later.clear();
  }

  /**
   * Begins with what is marked. Addresses that are marked by name come before what is left of what was begun with, and that before the ones given
   * where all are marked: however often that is, each comes in its turn. A portion of those that may wait comes last.
   */
  begin(...all: readonly Iterable<string>[]): void {
    if (!this.isMarked) return;
    const begun = new Set(this.#keys);
    for (const key of this.#begun) begun.add(key);
    if (this.#isAll) for (const some of all) for (const key of some) begun.add(key);
    for (const key of begun) this.#later.delete(key);
    for (const key of [...this.#later].slice(0, PORTION)) {
      begun.add(key);
      this.#later.delete(key);
    }
    this.#begun = begun;
    this.#keys.clear();
    this.#isAll = false;
  }

  /** A portion of what was begun with. */
  take(): ReadonlySet<string> {
    const taken = new Set<string>();
    for (const key of this.#begun) {
      if (taken.size === PORTION) break;
      taken.add(key);
      this.#begun.delete(key);
    }
    return taken;
  }
}
