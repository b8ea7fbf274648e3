import { LF } from "#ingress/engine/ascii.ts";

const FIRST_BYTES = 1_024;
/** Up to here a head that comes in small pieces is read again with each; beyond, only when a line has ended. */
const CHEAP_BYTES = 4_096;
const NOTHING = Buffer.alloc(0);

/**
 * Holds the beginning of a head until the rest has come, and the requests behind it. What has been read is dropped from
 * the front without a copy; bytes are never moved in place, because readers of `peek` may still use them.
 */
export class HeadStash {
  readonly #maxBytes: number;
  #bytes: Buffer = NOTHING;
  #start = 0;
  #end = 0;

  /** From `maxBytes` on a head is refused, so it pays to read it. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Memory that is held. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** Adds bytes; true if it pays to read the head again: the work for a head is bounded however it is cut. */
  add(bytes: Buffer, start: number, end: number): boolean {
    const needed = this.length + end - start;
    if (this.#bytes.length - this.#end < end - start) {
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, 2 * this.length));
      this.#bytes.copy(larger, 0, this.#start, this.#end);
      this.#end = this.length;
      this.#start = 0;
      this.#bytes = larger;
    }
    const from = this.#end;
    bytes.copy(this.#bytes, from, start, end);
    this.#end = from + end - start;
    return needed <= CHEAP_BYTES || needed >= this.#maxBytes || this.#bytes.subarray(from, this.#end).includes(LF);
  }

  /** All that is held, without giving it up. */
  peek(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Forgets the first bytes; what `peek` returned stays as it is. */
  drop(count: number): void {
    this.#start += count;
    if (this.#start >= this.#end) this.clear();
  }

  /** Forgets all bytes; what `peek` returned stays as it is. */
  clear(): void {
    this.#bytes = NOTHING;
    this.#start = this.#end = 0;
  }
}
