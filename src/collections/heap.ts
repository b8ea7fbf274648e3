/** A binary heap: the entry that comes before all others is found at once, and put in or taken out in O(log n). */
export class Heap<T> {
  readonly #entries: T[] = [];
  readonly #comesBefore: (left: T, right: T) => boolean;

  constructor(comesBefore: (left: T, right: T) => boolean) {
    this.#comesBefore = comesBefore;
  }

  /** The entry that comes first; undefined where there is none. */
  get first(): T | undefined {
    return this.#entries[0];
  }

  get size(): number {
    return this.#entries.length;
  }

  push(entry: T): void {
    const entries = this.#entries;
    let at = entries.length;
    for (; at > 0; at = (at - 1) >>> 1) {
      const parent = entries[(at - 1) >>> 1] as T;
      if (!this.#comesBefore(entry, parent)) break;
      entries[at] = parent;
    }
    entries[at] = entry;
  }

  /** Takes out the entry that comes first. */
  pop(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    let at = 0;
    for (let child = 1; child < entries.length; child = 2 * at + 1) {
      const [left, right] = [entries[child] as T, entries[child + 1]];
      const isRight = right !== undefined && this.#comesBefore(right, left);
      const lower = isRight ? right : left;
      if (!this.#comesBefore(lower, last)) break;
      entries[at] = lower;
      at = isRight ? child + 1 : child;
    }
    entries[at] = last;
  }
}
