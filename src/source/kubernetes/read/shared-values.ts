/** How many are known of a generation. Those that come again and again stay; those that come once are forgotten soon. */
const GENERATION_SIZE = 256;

/**
 * Equal values that are read from thousands of objects, kept once: the first one read stands for all. A bounded table:
 * what was not met again while as many others came is forgotten, and is then kept once more where it comes back.
 */
export class SharedValues<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  /** The value that is known by this name (which says all of it), or the one given, known from now on. */
  get(name: string, value: T): T {
    const known = this.#young.get(name);
    if (known !== undefined) return known;
    const kept = this.#old.get(name) ?? value;
    if (this.#young.size >= GENERATION_SIZE) [this.#old, this.#young] = [this.#young, new Map<string, T>()];
    this.#young.set(name, kept);
    return kept;
  }
}
