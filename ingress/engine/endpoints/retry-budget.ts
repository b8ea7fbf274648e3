/** What each request adds: a fifth of the requests may be sent again in the long run. */
const PER_REQUEST = 0.2;
/** What each second adds, so that the few requests of a quiet backend may be sent again, too. */
const PER_SECOND = 10;
/** What can be saved: as many may be sent again at once where a node dies on which they were. */
const MOST = 1_000;

/**
 * How often requests to one backend may be sent again. Without a bound a backend that fails as a whole would get each request as
 * often as there may be tries, when it is least able to take them.
 */
export class RetryBudget {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #lookedMs: number;

  /** `budgets`: how many there are for the same backend, of which each has its part. */
  constructor(nowMs: number, budgets = 1) {
    this.#perSecond = PER_SECOND / budgets;
    this.#most = MOST / budgets;
    this.#left = this.#most;
    this.#lookedMs = nowMs;
  }

  addRequest(): void {
    this.#left = Math.min(this.#most, this.#left + PER_REQUEST);
  }

  /** Whether a request may be sent again now. `nowMs`: of a clock that never goes back; coarse is enough. */
  hasOne(nowMs: number): boolean {
    this.#left = Math.min(this.#most, this.#left + (this.#perSecond * (nowMs - this.#lookedMs)) / 1_000);
    this.#lookedMs = nowMs;
    return this.#left >= 1;
  }

  /** Takes one, where there is one. */
  take(nowMs: number): boolean {
    if (!this.hasOne(nowMs)) return false;
    this.#left -= 1;
    return true;
  }
}
