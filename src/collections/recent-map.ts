/** A map of at most so many entries: the one that was used longest ago goes first. */
export class RecentMap<V> {
  readonly #limit: number;
  readonly #entries = new Map<string, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The key that was used longest ago. */
  get oldest(): string | undefined {
    const [oldest] = this.#entries.keys();
    return oldest;
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.oldest!);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
