/** A request of up to this size, head and body, is kept for another endpoint until an answer begins. */
const REPLAY_BYTES = 65_536;
const FIRST_BYTES = 1_024;
/** What is kept for the next request does not keep the room of a larger one. */
const MAX_FREE_BYTES = 16_384;
/** Kept for next requests; more are left to the garbage collector. */
const MAX_FREE = 256;

/** What was sent of one request, as its endpoints take it, so that it can be sent again elsewhere. */
export class Replay {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  length = 0;

  /** Makes room for so many bytes, instead of what is there. */
  reserve(bytes: number): void {
    if (this.bytes.length < bytes) this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.length = 0;
  }

  /** Adds a part of a body; false: the request is too large to be kept. */
  add(bytes: Buffer, start: number, end: number): boolean {
    const needed = this.length + end - start;
    if (needed > REPLAY_BYTES) return false;
    if (this.bytes.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.min(REPLAY_BYTES, 2 * needed));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    bytes.copy(this.bytes, this.length, start, end);
    this.length = needed;
    return true;
  }
}

/** Replays that no request uses. */
export class ReplayPool {
  readonly #free: Replay[] = [];

  take(): Replay {
    return this.#free.pop() ?? new Replay();
  }

  /** Takes one back whose bytes nothing sends any longer. */
  give(replay: Replay): void {
    if (replay.bytes.length <= MAX_FREE_BYTES && this.#free.length < MAX_FREE) this.#free.push(replay);
  }
}
