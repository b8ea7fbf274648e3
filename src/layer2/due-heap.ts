/** Something that is due at a time, in milliseconds. */
interface Due {
  readonly dueMs: number;
}

/** What is due when, as a binary heap: putting one in and taking the next one out cost the logarithm of their number. */
export class DueHeap<T extends Due> {
  #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** When the next one is due; Infinity if there is none. */
  get nextMs(): number {
    return this.#items[0]?.dueMs ?? Infinity;
  }

  add(item: T): void {
    this.#items.push(item);
    this.#rise(this.#items.length - 1);
  }

  /** Takes out all that are due by then, the earliest first. */
  takeDue(nowMs: number): readonly T[] {
    const due: T[] = [];
    for (let [first] = this.#items; first !== undefined && first.dueMs <= nowMs; [first] = this.#items) {
      due.push(first);
      const last = this.#items.pop();
      if (last === undefined || this.#items.length === 0) continue;
      this.#items[0] = last;
      this.#sink();
    }
    return due;
  }

  /** Holds exactly these from now on. */
  reset(items: Iterable<T>): void {
    // A sorted list is a heap.
    this.#items = [...items].sort((left, right) => left.dueMs - right.dueMs);
  }

  #at(index: number): number {
    return this.#items[index]?.dueMs ?? Infinity;
  }

  #rise(from: number): void {
    for (let index = from; index > 0;) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= this.#at(index)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(): void {
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(index) <= this.#at(child)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #swap(one: number, other: number): void {
    const [left, right] = [this.#items[one], this.#items[other]];
    if (left === undefined || right === undefined) return;
    this.#items[one] = right;
    this.#items[other] = left;
  }
}
