/** Something as it was seen last: looked at beside all else, which does not wait for it. */
export class PacedLook<T> {
  readonly #see: () => Promise<T | undefined>;
  readonly #everyMs: number;
  readonly #monotonicMs: () => number;
  #seeing: Promise<T | undefined> | undefined;
  #nextMs = -Infinity;
  last: T | undefined;

  /** `monotonicMs`: of a clock that only goes on. */
  constructor(see: () => Promise<T | undefined>, everyMs: number, monotonicMs: () => number) {
    this.#see = see;
    this.#everyMs = everyMs;
    this.#monotonicMs = monotonicMs;
  }

  /** Begins a look when it is time. */
  start(): void {
    if (this.#monotonicMs() >= this.#nextMs) void this.fresh();
  }

  /** Resolves with what a look finds that is under way, or begins now. */
  async fresh(): Promise<T | undefined> {
    this.#seeing ??= this.#see()
      .catch(() => undefined)
      .then((seen) => {
        this.last = seen;
        this.#seeing = undefined;
        this.#nextMs = this.#monotonicMs() + this.#everyMs;
        return seen;
      });
    return this.#seeing;
  }
}
