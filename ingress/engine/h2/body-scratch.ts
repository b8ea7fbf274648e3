import type { BufferPool } from "#ingress/io/buffer-pool.ts";

/** Gets what was written. */
export interface BodyTaker {
  /** True: the buffer is kept. */
  takeBody(bytes: Buffer, end: number): boolean;
}

/** `\r\n` after a chunk, and the size before it: at most eight digits and `\r\n`. */
const CHUNK_FRAMING_BYTES = 12;

/**
 * Where what came of the body of a request is written as HTTP/1.1 has it: one buffer for all streams of the engine, given on when another
 * stream writes, when it is full, and when all that was read has been looked at. So many small frames are one write to the endpoint.
 */
export class BodyScratch {
  readonly #buffers: BufferPool;
  #buffer: Buffer | undefined;
  #at = 0;
  #taker: BodyTaker | undefined;

  constructor(buffers: BufferPool) {
    this.#buffers = buffers;
  }

  /** Writes data; in a chunk, where the length of the body is not known. */
  add(
    taker: BodyTaker,
    bytes: Uint8Array,
    { start, end }: { readonly start: number; readonly end: number },
    isChunked: boolean,
  ): void {
    for (let at = start; at < end;) {
      const to = this.#room(taker, CHUNK_FRAMING_BYTES + 1);
      const length = Math.min(end - at, to.length - this.#at - CHUNK_FRAMING_BYTES);
      if (isChunked) this.#at += to.write(`${length.toString(16)}\r\n`, this.#at, "latin1");
      to.set(bytes.subarray(at, at + length), this.#at);
      this.#at += length;
      if (isChunked) this.#at += to.write("\r\n", this.#at, "latin1");
      at += length;
    }
  }

  /** Writes what is framed already. */
  addText(taker: BodyTaker, text: string): void {
    const to = this.#room(taker, text.length);
    this.#at += to.write(text, this.#at, "latin1");
  }

  /** Gives on what was written. */
  flush(): void {
    const taker = this.#taker;
    const buffer = this.#buffer;
    const end = this.#at;
    this.#taker = this.#buffer = undefined;
    this.#at = 0;
    if (buffer === undefined) return;
    if (taker === undefined || end === 0 || !taker.takeBody(buffer, end)) this.#buffers.give(buffer);
  }

  /** Drops what was written by this one. */
  forget(taker: BodyTaker): void {
    if (this.#taker !== taker) return;
    this.#taker = undefined;
    this.#at = 0;
  }

  #room(taker: BodyTaker, bytes: number): Buffer {
    const isFull = this.#buffer !== undefined && this.#buffer.length - this.#at < bytes;
    if (isFull || (this.#taker !== taker && this.#at > 0)) this.flush();
    this.#taker = taker;
    return (this.#buffer ??= this.#buffers.take());
  }
}
