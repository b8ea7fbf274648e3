/** Questions at once. */
const AT_ONCE = 4;
/** Questions a second in the long run, and how many may come together. */
const PER_SECOND = 5;
const BURST = 20;

/** How many questions strangers can have the API server answer: so many at once, and so many a second. */
export class AskBudget {
  readonly #monotonicMs: () => number;
  #underWay = 0;
  #left = BURST;
  #lastMs: number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#lastMs = monotonicMs();
  }

  /** Whether one more question may be asked now; `isRated`: it counts for the rate. Where it may, end() has to follow. */
  begin(isRated: boolean): boolean {
    const nowMs = this.#monotonicMs();
    this.#left = Math.min(BURST, this.#left + ((nowMs - this.#lastMs) / 1_000) * PER_SECOND);
    this.#lastMs = nowMs;
    if (this.#underWay >= AT_ONCE || (isRated && this.#left < 1)) return false;
    if (isRated) this.#left -= 1;
    this.#underWay += 1;
    return true;
  }

  end(): void {
    this.#underWay -= 1;
  }
}
