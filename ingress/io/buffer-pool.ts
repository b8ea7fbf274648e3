/** 64 KiB: larger reads measured no faster, smaller ones cost more calls for large bodies. */
const POOL_BUFFER_BYTES = 65_536;

/** Free buffers kept at most: 8 MiB. More than these are left to the garbage collector. */
const MAX_FREE_BUFFERS = 128;

/** Buffers of one size, lent while bytes are under way. One pool for all connections, so that idle ones hold none. */
export class BufferPool {
  readonly #free: Buffer[] = [];
  /** Those that were made here. Others of the same size may be parts of a memory that is still in use. */
  readonly #own = new WeakSet<Buffer>();

  /** A buffer of POOL_BUFFER_BYTES with any content. */
  take(): Buffer {
    return this.#free.pop() ?? this.#make();
  }

  /** Takes back a buffer that is no longer used; one that is not from here is dropped. */
  give(buffer: Buffer): void {
    if (this.#own.has(buffer) && this.#free.length < MAX_FREE_BUFFERS) this.#free.push(buffer);
  }

  #make(): Buffer {
    const buffer = Buffer.allocUnsafeSlow(POOL_BUFFER_BYTES);
    this.#own.add(buffer);
    return buffer;
  }
}
