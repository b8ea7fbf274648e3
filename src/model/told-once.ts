const NOTHING: readonly string[] = [];

/** Subjects that are remembered where the caller gives no number. */
const MOST = 100_000;

/**
 * Remembers what was said last of each subject, so that it is said once while it stays the same. What
 * ended (`[]`) and returns is said again. Texts are compared, nothing else: the clock and chance have no part in it.
 */
export class ToldOnce {
  readonly #told = new Map<string, readonly string[]>();
  readonly #most: number;

  /** Beyond `most` subjects nothing is news: what grows by a user's input stays bounded. */
  constructor(most = MOST) {
    this.#most = most;
  }

  /** How many different texts apply now, of all subjects. */
  get count(): number {
    return [...this.#told.values()].reduce((sum, texts) => sum + new Set(texts).size, 0);
  }

  /** Takes all that is to be said of a subject now. Whether that is not what was said of it last. */
  isNews(subject: string, texts: readonly string[]): boolean {
    const before = this.#told.get(subject) ?? NOTHING;
    if (texts.length === before.length && texts.every((text, index) => text === before[index])) return false;
    if (!this.#told.has(subject) && this.#told.size >= this.#most) return false;
    if (texts.length === 0) this.#told.delete(subject);
    else this.#told.set(subject, texts);
    return true;
  }

  /** Takes all that is to be said of a subject now. Those texts that were not said of it last. */
  newOf(subject: string, texts: readonly string[]): ReadonlySet<string> {
    const before = new Set(this.#told.get(subject));
    return this.isNews(subject, texts) ? new Set(texts).difference(before) : new Set();
  }
}
