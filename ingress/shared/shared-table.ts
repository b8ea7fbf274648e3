import { hash } from "node:crypto";

/** Words of a key's hash in an entry: with those that choose the set some 100 bits, so that no two keys are taken for one. */
const HASH_WORDS = 3;
/** Tries to take a lock before the thread sleeps for a moment: the thread that has it may wait for this core. */
const SPINS = 200;
const SLEEP_MS = 1;

/** How large a table is: sets, entries in each, and the words (of 32 bits) of an entry besides the hash of its key. */
export interface TableShape {
  /** A power of two. */
  readonly sets: number;
  readonly ways: number;
  /** What an entry holds; begins at an even word, so that numbers of 64 bits fit. */
  readonly words: number;
}

/** A key in a table: its set, and the hash that its entry holds. */
export interface TableKey {
  readonly set: number;
  readonly hash: readonly [number, number, number];
}

/**
 * A table of fixed size in memory that threads share. A key has its place in one set of entries; each set has a lock, and what is done with
 * its entries is done while that is held. Memory that no entry has used yet costs nothing.
 */
export class SharedTable {
  readonly shape: TableShape;
  /** The whole memory, in words. */
  readonly words: Int32Array;
  /** The same memory; `numbers[at / 2]` is at the even word `at`. */
  readonly numbers: Float64Array;
  readonly #owner: number;
  /** Without it clients could choose keys that fall into one set. */
  readonly #secret: string;

  /** `owner`: the number of this thread, from 1, which no other that uses the memory has now. */
  constructor(
    memory: SharedArrayBuffer,
    shape: TableShape,
    { owner, secret }: { readonly owner: number; readonly secret: string },
  ) {
    this.shape = shape;
    this.words = new Int32Array(memory);
    this.numbers = new Float64Array(memory);
    this.#owner = owner;
    this.#secret = secret;
  }

  /** Memory for a table; all its entries are free. */
  static memory(shape: TableShape): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * (firstEntry(shape) + shape.sets * shape.ways * entryWords(shape)));
  }

  keyOf(text: string): TableKey {
    const bytes = hash("sha256", this.#secret + text, "buffer");
    const set = bytes.readUInt32LE(12) & (this.shape.sets - 1);
    // An entry whose first word is 0 is free.
    return { set, hash: [bytes.readInt32LE(0) | 1, bytes.readInt32LE(4), bytes.readInt32LE(8)] };
  }

  /** Where each entry of a set begins. */
  *entries(set: number): Generator<number> {
    const size = entryWords(this.shape);
    const start = firstEntry(this.shape) + set * this.shape.ways * size;
    for (let way = 0; way < this.shape.ways; way++) yield start + way * size;
  }

  isFree(entry: number): boolean {
    return this.words[entry + this.shape.words] === 0;
  }

  /** The entry of a key, while its set is locked; -1: it has none. */
  find({ set, hash: [first, second, third] }: TableKey): number {
    const { words, shape } = this;
    const size = entryWords(shape);
    const start = firstEntry(shape) + set * shape.ways * size;
    for (let entry = start; entry < start + shape.ways * size; entry += size) {
      const at = entry + shape.words;
      if (words[at] === first && words[at + 1] === second && words[at + 2] === third) return entry;
    }
    return -1;
  }

  /** Gives an entry to a key; what it holds is to be written next. */
  claim(entry: number, { hash: key }: TableKey): void {
    this.words.set(key, entry + this.shape.words);
  }

  free(entry: number): void {
    this.words[entry + this.shape.words] = 0;
  }

  /** Does something with entries of these sets (in ascending order, each once) while no other thread does. */
  locked<T>(sets: readonly number[], run: () => T): T {
    for (const set of sets) this.#lock(set);
    try {
      return run();
    } finally {
      for (const set of sets) Atomics.store(this.words, set, 0);
    }
  }

  /** Opens the locks that a thread has left behind. To be called when it has ended. */
  unlockOf(owner: number): void {
    for (let set = 0; set < this.shape.sets; set++) Atomics.compareExchange(this.words, set, owner, 0);
  }

  #lock(set: number): void {
    for (let tries = 1; Atomics.compareExchange(this.words, set, 0, this.#owner) !== 0; tries++)
      if (tries % SPINS === 0) Atomics.wait(this.words, set, Atomics.load(this.words, set), SLEEP_MS);
  }
}

/** The locks come first. */
function firstEntry({ sets }: TableShape): number {
  return sets + (sets % 2);
}

function entryWords({ words }: TableShape): number {
  return words + HASH_WORDS + ((words + HASH_WORDS) % 2);
}
