import { LF } from "./ascii.ts";

const FIRST_BYTES = 1_024;
/** Up to here a head that comes in small pieces is read anew with each; beyond, only when a line has ended. */
const CHEAP_BYTES = 4_096;

/** Holds the beginning of a head until the rest has come. */
export class HeadStash {
  readonly #maxBytes: number;
  #bytes: Buffer | undefined;
  #length = 0;

  /** From `maxBytes` on a head is refused, so it pays to read it. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds bytes; true if it pays to read the head again: the work for a head is bounded however it is cut. */
  add(bytes: Buffer, start: number, end: number): boolean {
    const needed = this.#length + end - start;
    if (this.#bytes === undefined || this.#bytes.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, 2 * this.#length));
      this.#bytes?.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length, start, end);
    const from = this.#length;
    this.#length = needed;
    return needed <= CHEAP_BYTES || needed >= this.#maxBytes || this.#bytes.subarray(from, needed).includes(LF);
  }

  /** All there is, without giving it up. */
  peek(): Buffer {
    return this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  /** Forgets the bytes; who has them from `peek` may keep them. */
  clear(): void {
    this.#bytes = undefined;
    this.#length = 0;
  }
}
