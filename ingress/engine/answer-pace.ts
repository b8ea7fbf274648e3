import { type AnswerRate, maySendMore } from "#src/filters/answer-rate.ts";

/** Keeps one answer to the rate of its rule: what the endpoint sends is not read while the client has its share. */
export class AnswerPace {
  readonly #rate: AnswerRate;
  readonly #startedMs: number;
  #sentBytes = 0;
  /** Nothing is read from the endpoint. */
  isHolding = false;

  constructor(rate: AnswerRate, nowMs: number) {
    this.#rate = rate;
    this.#startedMs = nowMs;
  }

  /** So much of the body was sent. True: nothing more is to be read. */
  add(bytes: number, nowMs: number): boolean {
    this.#sentBytes += bytes;
    this.update(nowMs);
    return this.isHolding;
  }

  /** Looks at the time. */
  update(nowMs: number): void {
    this.isHolding = !maySendMore(this.#rate, { sentBytes: this.#sentBytes, elapsedMs: nowMs - this.#startedMs });
  }
}
