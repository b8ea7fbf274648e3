const CRLF = Buffer.from("\r\n");

/** What has come of the body of a request, or through a tunnel, and was not taken yet, because its endpoint does not keep up. */
export class RequestQueue {
  readonly #pieces: Buffer[] = [];
  length = 0;

  /** Keeps a copy. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#push(Buffer.from(bytes.subarray(start, end)));
  }

  /** Keeps a copy, as a chunk (RFC 9112 section 7.1). */
  addChunk(bytes: Uint8Array, start: number, end: number): void {
    const size = Buffer.from(`${(end - start).toString(16)}\r\n`, "latin1");
    this.#push(Buffer.concat([size, bytes.subarray(start, end), CRLF]));
  }

  #push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  take(): Buffer | undefined {
    const piece = this.#pieces.shift();
    this.length -= piece?.length ?? 0;
    return piece;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.length = 0;
  }
}
