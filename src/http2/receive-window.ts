/** What the other end may still send (RFC 9113 section 5.2): what was taken is reported to it in halves of the window, not byte by byte. */
export class ReceiveWindow {
  readonly #size: number;
  #left: number;
  #taken = 0;

  constructor(sizeBytes: number) {
    this.#size = this.#left = sizeBytes;
  }

  reset(): void {
    this.#left = this.#size;
    this.#taken = 0;
  }

  /** So many bytes came; false: more than the other end may send. */
  receive(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** So many were taken; returns by how many the window grows now, which has to be reported to it. */
  take(bytes: number): number {
    this.#taken += bytes;
    if (this.#taken < this.#size / 2) return 0;
    const grown = this.#taken;
    this.#left += grown;
    this.#taken = 0;
    return grown;
  }
}
