import { RecentMap } from "./recent-map.ts";

interface Weighed<V> {
  readonly value: V;
  readonly weight: number;
}

interface Owned<V> {
  readonly entries: RecentMap<Weighed<V>>;
  weight: number;
}

/**
 * A map of entries up to a weight, all together. What is beyond is taken from the owner that has most, its entry that was used longest
 * ago: an owner that makes up entries pushes out its own.
 */
export class FairRecentMap<V> {
  readonly #limit: number;
  readonly #owners = new Map<string, Owned<V>>();
  #weight = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Of all entries. */
  get weight(): number {
    return this.#weight;
  }

  get(owner: string, key: string): V | undefined {
    return this.#owners.get(owner)?.entries.get(key)?.value;
  }

  set(owner: string, key: string, { value, weight }: Weighed<V>): void {
    this.delete(owner, key);
    const owned = this.#owners.get(owner) ?? { entries: new RecentMap<Weighed<V>>(Infinity), weight: 0 };
    this.#owners.set(owner, owned);
    owned.entries.set(key, { value, weight });
    owned.weight += weight;
    this.#weight += weight;
    while (this.#weight > this.#limit) this.#dropOldestOfLargest();
  }

  delete(owner: string, key: string): void {
    const owned = this.#owners.get(owner);
    const entry = owned?.entries.get(key);
    if (owned === undefined || entry === undefined) return;
    owned.entries.delete(key);
    owned.weight -= entry.weight;
    this.#weight -= entry.weight;
    if (owned.entries.size === 0) this.#owners.delete(owner);
  }

  #dropOldestOfLargest(): void {
    let [largest, most] = ["", -1];
    for (const [owner, { weight }] of this.#owners) if (weight > most) [largest, most] = [owner, weight];
    const oldest = this.#owners.get(largest)?.entries.oldest;
    if (oldest !== undefined) this.delete(largest, oldest);
  }
}
