/** Bounds how long a frame, or a header block, may take from its beginning to its end: the bound for slow senders. */
export class PartialWatch {
  readonly #limitMs: number;
  /** Number of the frame that is not whole; -1: none is. */
  #frame = -1;
  #endsMs = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** `partial`: number of the frame, or of the first frame of the block, that is not whole now; -1: none. True: that has lasted too long. */
  isTooLong(partial: number, nowMs: number): boolean {
    if (partial !== this.#frame) {
      this.#frame = partial;
      this.#endsMs = nowMs + this.#limitMs;
    }
    return partial !== -1 && nowMs >= this.#endsMs;
  }
}
