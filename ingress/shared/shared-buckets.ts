import type { BucketUse, RequestBuckets } from "#src/filters/keyed-buckets.ts";
import { forgottenAtMs, type LeakyBucket, pour, waitMs } from "#src/filters/leaky-bucket.ts";
import type { SharedTable, TableKey, TableShape } from "./shared-table.ts";

/** As many buckets as one thread alone remembers, in 6.8 MB. */
export const BUCKETS_SHAPE: TableShape = { sets: 8_192, ways: 16, words: 9 };

/** What an entry holds, as numbers of 64 bits: places after its beginning. */
const EXCESS = 0;
const LAST_MS = 1;
/** The bucket says nothing from then on. */
const UNTIL_MS = 2;
const USED_MS = 3;
/** A word: the hash of the owner. */
const OWNER = 8;

/**
 * What was asked for, of all workers together. Where a set is full the owner with the most buckets in it forgets the one that has been
 * unused for the longest: no owner pays for the clients of another.
 */
export class SharedBuckets implements RequestBuckets {
  readonly #table: SharedTable;

  constructor(table: SharedTable) {
    this.#table = table;
  }

  admit(owner: string, uses: readonly BucketUse[], nowMs: number): number {
    return this.#withKeys(owner, uses, (keys) => {
      const wait = this.#longestWait(uses, keys, nowMs);
      if (wait === 0) this.#count(owner, { uses, keys }, nowMs);
      return wait;
    });
  }

  waitMs(owner: string, uses: readonly BucketUse[], nowMs: number): number {
    return this.#withKeys(owner, uses, (keys) => this.#longestWait(uses, keys, nowMs));
  }

  count(owner: string, uses: readonly BucketUse[], nowMs: number): void {
    this.#withKeys(owner, uses, (keys) => this.#count(owner, { uses, keys }, nowMs));
  }

  /** Nothing: entries that say nothing any longer are taken for others. */
  forgetOld(): void {}

  #withKeys<T>(owner: string, uses: readonly BucketUse[], run: (keys: readonly TableKey[]) => T): T {
    const keys = uses.map(({ bucket }) => this.#table.keyOf(`${owner}\0${bucket}`));
    const sets = [...new Set(keys.map(({ set }) => set))].sort((left, right) => left - right);
    return this.#table.locked(sets, () => run(keys));
  }

  #longestWait(uses: readonly BucketUse[], keys: readonly TableKey[], nowMs: number): number {
    return uses.reduce(
      (wait, { limit }, index) =>
        Math.max(wait, waitMs(this.#read(this.#table.find(keys[index]!)), limit, Math.floor(nowMs))),
      0,
    );
  }

  #count(
    owner: string,
    { uses, keys }: { readonly uses: readonly BucketUse[]; readonly keys: readonly TableKey[] },
    nowMs: number,
  ): void {
    for (const [index, { limit }] of uses.entries()) {
      const key = keys[index]!;
      const found = this.#table.find(key);
      const after = pour(this.#read(found), limit, Math.floor(nowMs));
      if (after === undefined) continue;
      const entry = found === -1 ? this.#claim(owner, key, nowMs) : found;
      this.#table.numbers.set([after.excess, after.lastMs, forgottenAtMs(after, limit), nowMs], entry / 2);
    }
  }

  /** `entry`: -1 where there is none. */
  #read(entry: number): LeakyBucket | undefined {
    if (entry === -1) return undefined;
    const at = entry / 2;
    return { excess: this.#table.numbers[at + EXCESS]!, lastMs: this.#table.numbers[at + LAST_MS]! };
  }

  /** An entry for a bucket that has none. Its key says whose it is, too: the owner is written once. */
  #claim(owner: string, key: TableKey, nowMs: number): number {
    const entry = this.#room(key.set, nowMs);
    this.#table.claim(entry, key);
    this.#table.words[entry + OWNER] = this.#table.keyOf(owner).hash[0];
    return entry;
  }

  /** An entry for one more bucket of a set. */
  #room(set: number, nowMs: number): number {
    const { numbers, words } = this.#table;
    const entries = [...this.#table.entries(set)];
    const unused = entries.find((entry) => this.#table.isFree(entry) || numbers[entry / 2 + UNTIL_MS]! <= nowMs);
    if (unused !== undefined) return unused;
    const counts = new Map<number, number>();
    for (const entry of entries) counts.set(words[entry + OWNER]!, (counts.get(words[entry + OWNER]!) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const ofLargest = entries.filter((entry) => counts.get(words[entry + OWNER]!) === most);
    return ofLargest.reduce((oldest, entry) =>
      numbers[entry / 2 + USED_MS]! < numbers[oldest / 2 + USED_MS]! ? entry : oldest,
    );
  }
}
