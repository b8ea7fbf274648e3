import { Heap } from "#src/collections/heap.ts";

/** Something that is due at a time, in milliseconds. */
interface Due {
  readonly dueMs: number;
}

/** What is due when: putting one in and taking the next one out cost the logarithm of their number. */
export class DueHeap<T extends Due> {
  #heap = emptyHeap<T>();

  get size(): number {
    return this.#heap.size;
  }

  /** When the next one is due; Infinity if there is none. */
  get nextMs(): number {
    return this.#heap.first?.dueMs ?? Infinity;
  }

  add(item: T): void {
    this.#heap.push(item);
  }

  /** Takes out those that are due by then, the earliest first, and so many at most. */
  takeDue(nowMs: number, most = Infinity): readonly T[] {
    const due: T[] = [];
    for (
      let { first } = this.#heap;
      first !== undefined && first.dueMs <= nowMs && due.length < most;
      { first } = this.#heap
    ) {
      due.push(first);
      this.#heap.pop();
    }
    return due;
  }

  /** Holds exactly these from now on. */
  reset(items: Iterable<T>): void {
    this.#heap = emptyHeap();
    for (const item of items) this.#heap.push(item);
  }
}

function emptyHeap<T extends Due>(): Heap<T> {
  return new Heap((left, right) => left.dueMs < right.dueMs);
}
