/** 64 KiB: larger reads measured no faster, smaller ones cost more calls for large bodies. */
const POOL_BUFFER_BYTES = 65_536;

/** Free buffers kept at most: 8 MiB. More than these are left to the garbage collector. */
const MAX_FREE_BUFFERS = 128;

/** Buffers of one size, lent while bytes are under way. One pool for all connections, so that idle ones hold none. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  /** A buffer of POOL_BUFFER_BYTES with any content. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(POOL_BUFFER_BYTES);
  }

  /** Takes back a buffer that is no longer used; one of another size, which is not from here, is dropped. */
  give(buffer: Buffer): void {
    if (buffer.length === POOL_BUFFER_BYTES && this.#free.length < MAX_FREE_BUFFERS) this.#free.push(buffer);
  }
}
