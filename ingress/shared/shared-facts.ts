import type { SharedTable, TableShape } from "./shared-table.ts";

/** As many as one thread alone keeps of its own, in 196 KB. */
export const FACTS_SHAPE: TableShape = { sets: 1_024, ways: 8, words: 3 };

/** The fact; then, as a number of 32 bits that wraps, when it was written. */
const FACT = 0;
const WRITTEN = 1;

/** Small whole numbers by text that one worker found out and that all may use. The oldest of a set goes for a new one. */
export class SharedFacts {
  readonly #table: SharedTable;

  constructor(table: SharedTable) {
    this.#table = table;
  }

  get(text: string): number | undefined {
    const key = this.#table.keyOf(text);
    return this.#table.locked([key.set], () => {
      const entry = this.#table.find(key);
      return entry === -1 ? undefined : this.#table.words[entry + FACT];
    });
  }

  /** `nowMs`: whole milliseconds of a clock that never goes back. */
  tell(text: string, fact: number, nowMs: number): void {
    const key = this.#table.keyOf(text);
    const { words } = this.#table;
    this.#table.locked([key.set], () => {
      const known = this.#table.find(key);
      const entry = known === -1 ? this.#room(key.set, nowMs | 0) : known;
      if (known === -1) this.#table.claim(entry, key);
      words[entry + FACT] = fact;
      words[entry + WRITTEN] = nowMs | 0;
    });
  }

  #room(set: number, now: number): number {
    const entries = [...this.#table.entries(set)];
    const age = (entry: number): number => (now - this.#table.words[entry + WRITTEN]!) | 0;
    return (
      entries.find((entry) => this.#table.isFree(entry)) ??
      entries.reduce((oldest, entry) => (age(entry) > age(oldest) ? entry : oldest))
    );
  }
}
