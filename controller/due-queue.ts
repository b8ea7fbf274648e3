interface Entry {
  readonly key: string;
  dueMs: number;
  /** Its place in the heap. */
  at: number;
}

/** Keys by the time when each is due, on any steady clock. A change costs the logarithm of how many there are. */
export class DueQueue {
  readonly #entries = new Map<string, Entry>();
  /** A binary heap: no entry is due before the one at half its place. */
  readonly #heap: Entry[] = [];

  /** Sets when a key is due, in place of what was set before; undefined: never. */
  set(key: string, dueMs: number | undefined): void {
    const known = this.#entries.get(key);
    if (dueMs === undefined) {
      if (known !== undefined) this.#remove(known);
      return;
    }
    if (known?.dueMs === dueMs) return;
    const entry = known ?? { key, dueMs, at: this.#heap.length };
    entry.dueMs = dueMs;
    this.#entries.set(key, entry);
    this.#heap[entry.at] = entry;
    this.#settle(entry);
  }

  /** Takes the keys that are due by now, the earliest first. */
  take(nowMs: number): readonly string[] {
    const keys: string[] = [];
    for (let [first] = this.#heap; first !== undefined && first.dueMs <= nowMs; [first] = this.#heap) {
      keys.push(first.key);
      this.#remove(first);
    }
    return keys;
  }

  /** Milliseconds until the next key is due, at least 0; undefined where there is none. */
  nextInMs(nowMs: number): number | undefined {
    const [first] = this.#heap;
    return first === undefined ? undefined : Math.max(0, first.dueMs - nowMs);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#place(last, entry.at);
    this.#settle(last);
  }

  /** Moves an entry to where it belongs. */
  #settle(entry: Entry): void {
    const heap = this.#heap;
    for (
      let above = heap[(entry.at - 1) >> 1];
      entry.at > 0 && above !== undefined;
      above = heap[(entry.at - 1) >> 1]
    ) {
      if (above.dueMs <= entry.dueMs) break;
      this.#swap(entry, above);
    }
    for (;;) {
      const [left, right] = [heap[2 * entry.at + 1], heap[2 * entry.at + 2]];
      const below = right !== undefined && left !== undefined && right.dueMs < left.dueMs ? right : left;
      if (below === undefined || entry.dueMs <= below.dueMs) return;
      this.#swap(entry, below);
    }
  }

  #swap(one: Entry, other: Entry): void {
    const at = one.at;
    this.#place(one, other.at);
    this.#place(other, at);
  }

  #place(entry: Entry, at: number): void {
    entry.at = at;
    this.#heap[at] = entry;
  }
}
