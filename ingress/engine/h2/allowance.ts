/**
 * What a client may do that costs more than it brings: a number of times at once, and so often a second after that. Pure, because the
 * time is given.
 */
export class Allowance {
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor({ most, perSecond }: { readonly most: number; readonly perSecond: number }, nowMs: number) {
    this.#most = this.#left = most;
    this.#perSecond = perSecond;
    this.#atMs = nowMs;
  }

  /** Takes one; false: there is none left. */
  take(nowMs: number): boolean {
    this.give(((nowMs - this.#atMs) * this.#perSecond) / 1_000);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Gives some back, for something of use. */
  give(count: number): void {
    this.#left = Math.min(this.#most, this.#left + count);
  }
}
