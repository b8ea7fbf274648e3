/** A worker hangs that has answered at none of so many looks, of which there is one each 5 s. */
const MOST_LOOKS = 12;

/**
 * Whether a worker still answers. One in a loop without end would keep its part of the new connections, and of what is said to it, for ever.
 * Looks are counted, not time: a machine that was paused has looked at nothing meanwhile.
 */
export class WorkerSilence {
  #hasStarted = false;
  #looks = 0;

  /** It said something. */
  heard(): void {
    this.#hasStarted = true;
    this.#looks = 0;
  }

  /** It has ended. How long the next one takes to start is not counted. */
  ended(): void {
    this.#hasStarted = false;
    this.#looks = 0;
  }

  /** To be called at each look, before it is asked once more. True, once: it hangs. */
  look(): boolean {
    if (this.#hasStarted) this.#looks += 1;
    return this.#looks === MOST_LOOKS + 1;
  }
}
