const CRLF = Buffer.from("\r\n");

/** Blocks that small pieces are kept in: the first one, and each later one twice as large as the one before it. */
const FIRST_BLOCK_BYTES = 256;
const MOST_BLOCK_BYTES = 16_384;

/**
 * What has come of the body of a request, or through a tunnel, and was not taken yet, because its endpoint does not keep up. Small
 * pieces lie in blocks, because a client may send single bytes: they take no more memory than large ones, nor more time.
 */
export class RequestQueue {
  readonly #pieces: Buffer[] = [];
  /** The last piece, where more may be written behind `#at`. */
  #block: Buffer | undefined;
  #at = 0;
  #blockBytes = FIRST_BLOCK_BYTES;
  length = 0;

  /** Keeps a copy. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#push(bytes.subarray(start, end));
  }

  /** Keeps a copy, as a chunk (RFC 9112 section 7.1). */
  addChunk(bytes: Uint8Array, start: number, end: number): void {
    this.#push(Buffer.from(`${(end - start).toString(16)}\r\n`, "latin1"));
    this.#push(bytes.subarray(start, end));
    this.#push(CRLF);
  }

  #push(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (this.#block !== undefined && this.#block.length - this.#at < bytes.length) this.#endBlock();
    if (this.#block === undefined && bytes.length >= this.#blockBytes) {
      this.#pieces.push(Buffer.from(bytes));
      return;
    }
    this.#block ??= Buffer.allocUnsafe(this.#blockBytes);
    this.#block.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #endBlock(): void {
    this.#pieces.push(this.#block!.subarray(0, this.#at));
    this.#block = undefined;
    this.#at = 0;
    this.#blockBytes = Math.min(2 * this.#blockBytes, MOST_BLOCK_BYTES);
  }

  take(): Buffer | undefined {
    if (this.#pieces.length === 0 && this.#block !== undefined) this.#endBlock();
    const piece = this.#pieces.shift();
    if (this.#pieces.length === 0 && this.#block === undefined) this.#blockBytes = FIRST_BLOCK_BYTES;
    this.length -= piece?.length ?? 0;
    return piece;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#block = undefined;
    this.#at = 0;
    this.#blockBytes = FIRST_BLOCK_BYTES;
    this.length = 0;
  }
}
