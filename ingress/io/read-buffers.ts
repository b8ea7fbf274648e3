import type { BufferPool } from "./buffer-pool.ts";

/** A read of so many bytes announces more: what follows goes into a buffer of the connection's own. */
const STREAM_BYTES = 16_384;
/** Buffers of connections' own at most: 16 MiB. Others go on with the shared one, at the price of a copy. */
const MAX_OWN = 256;

/** A connection that reads. */
export interface BufferReader {
  /** What it reads into; undefined: the shared buffer. */
  ownBuffer: Buffer | undefined;
  readonly isClosed: boolean;
  /** As of `ConnectionEvents.onData`. */
  take(bytes: Buffer, start: number, end: number): boolean;
}

/**
 * What connections read into: one buffer for all, so that idle ones hold none. It is in the hands of every connection and is
 * never lent: its bytes are copied. Only where much comes a connection gets its own, which needs no copy.
 */
export class ReadBuffers {
  readonly shared: Buffer;
  readonly #pool: BufferPool;
  /** Undefined while it is in use. */
  #spare: Buffer | undefined;
  #ownCount = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
    this.shared = pool.take();
  }

  /** Gives what was read; returns what is read into next, or undefined where that stays the same. */
  deliver(reader: BufferReader, length: number): Buffer | undefined {
    const own = reader.ownBuffer;
    return own === undefined ? this.#deliverShared(reader, length) : this.#deliverOwn(reader, own, length);
  }

  /** The connection reads no longer. */
  release(reader: BufferReader): void {
    const own = reader.ownBuffer;
    if (own === undefined) return;
    reader.ownBuffer = undefined;
    this.#ownCount -= 1;
    this.#pool.give(own);
  }

  #deliverShared(reader: BufferReader, length: number): Buffer | undefined {
    const bytes = this.#spare ?? this.#pool.take();
    this.#spare = undefined;
    this.shared.copy(bytes, 0, 0, length);
    if (!reader.take(bytes, 0, length)) this.#spare = bytes;
    if (length < STREAM_BYTES || this.#ownCount >= MAX_OWN || reader.isClosed) return undefined;
    this.#ownCount += 1;
    reader.ownBuffer = this.#pool.take();
    return reader.ownBuffer;
  }

  #deliverOwn(reader: BufferReader, own: Buffer, length: number): Buffer | undefined {
    const isKept = reader.take(own, 0, length);
    if (length >= STREAM_BYTES && !reader.isClosed) {
      if (!isKept) return undefined;
      reader.ownBuffer = this.#pool.take();
      return reader.ownBuffer;
    }
    // Closed meanwhile: then it was released already, unless its buffer is kept.
    if (reader.ownBuffer === undefined) return undefined;
    reader.ownBuffer = undefined;
    this.#ownCount -= 1;
    if (!isKept) this.#pool.give(own);
    return this.shared;
  }
}
