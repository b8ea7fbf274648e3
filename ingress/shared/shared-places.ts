import type { GiveBack } from "#ingress/io/connection-gate.ts";
import type { SharedTable, TableKey, TableShape } from "./shared-table.ts";

/**
 * How many places each worker has to itself. Where idle holders are closed for new ones, a worker without any has none to close: those of
 * the others would shut it out for as long as they like.
 */
export type KeptPlaces = 0 | 1;

/** More entries of a set than ever come together where a fourth of the table is in use. */
const WAYS = 32;
const LEAST_SETS = 64;

/**
 * Counts what is open now of each key, of all workers together and each worker for itself, so that what a worker that has died had open can
 * be given back.
 */
export class SharedPlaces {
  readonly #table: SharedTable;
  readonly #workers: number;
  readonly #worker: number;

  /** `worker`: index of this one. */
  constructor(table: SharedTable, { worker, workers }: { readonly worker: number; readonly workers: number }) {
    this.#table = table;
    this.#worker = worker;
    this.#workers = workers;
  }

  /** For so many keys at once. */
  static shape(keys: number, workers: number): TableShape {
    const sets = Math.max(LEAST_SETS, 2 ** Math.ceil(Math.log2((4 * keys) / WAYS)));
    return { sets, ways: WAYS, words: workers };
  }

  /** One more of a key; undefined: it has `most` already, or the table is full. `kept`: places that no worker takes from another. */
  take(text: string, most: number, kept: KeptPlaces = 0): GiveBack | undefined {
    const key = this.#table.keyOf(text);
    const entry = this.#table.locked([key.set], () => this.#take(key, most, kept));
    return entry === undefined ? undefined : () => this.#table.locked([key.set], () => this.#give(entry));
  }

  /**
   * What a worker that has ended had open is open no longer. Without locks: one that died at the same time may have left some behind, and
   * who waited for these here would never hear of it. No other thread writes what that worker counted.
   */
  clear(worker: number): void {
    const { words, shape } = this.#table;
    for (let set = 0; set < shape.sets; set++)
      for (const entry of this.#table.entries(set)) if (words[entry + worker] !== 0) words[entry + worker] = 0;
  }

  #take(key: TableKey, most: number, kept: KeptPlaces): number | undefined {
    const { words } = this.#table;
    let entry = this.#table.find(key);
    if (entry === -1) {
      if (most < 1 + kept * (this.#workers - 1)) return undefined;
      const entries = [...this.#table.entries(key.set)];
      // An entry that counts nothing is free, too: all who had it have ended.
      entry = entries.find((one) => this.#table.isFree(one)) ?? entries.find((one) => this.#sum(one) === 0) ?? -1;
      if (entry === -1) return undefined;
      words.fill(0, entry, entry + this.#workers);
      this.#table.claim(entry, key);
    }
    words[entry + this.#worker]! += 1;
    if (this.#sum(entry, kept) <= most) return entry;
    words[entry + this.#worker]! -= 1;
    return undefined;
  }

  #give(entry: number): void {
    const { words } = this.#table;
    const at = entry + this.#worker;
    words[at] = Math.max(0, words[at]! - 1);
    if (this.#sum(entry) === 0) this.#table.free(entry);
  }

  #sum(entry: number, kept: KeptPlaces = 0): number {
    let sum = 0;
    for (let worker = 0; worker < this.#workers; worker++) sum += Math.max(kept, this.#table.words[entry + worker]!);
    return sum;
  }
}
