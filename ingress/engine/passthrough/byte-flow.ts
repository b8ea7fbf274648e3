import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connection } from "#ingress/io/connection.ts";

/** Bytes of one connection on their way to another one, which is not read from faster than the other takes them. */
export class ByteFlow {
  bytes = 0;
  /** Since when the receiver has not taken all; Infinity: it has. */
  stalledSinceMs = Number.POSITIVE_INFINITY;
  readonly #from: Connection;
  readonly #to: Connection;
  readonly #buffers: BufferPool;
  readonly #kept: Buffer[] = [];

  constructor(from: Connection, to: Connection, buffers: BufferPool) {
    this.#from = from;
    this.#to = to;
    this.#buffers = buffers;
  }

  /** The receiver has taken all that there was. */
  get isTaken(): boolean {
    return this.stalledSinceMs === Number.POSITIVE_INFINITY;
  }

  /** True: the buffer is kept. */
  send(bytes: Buffer, start: number, end: number, nowMs: number): boolean {
    this.bytes += end - start;
    if (this.#to.send(bytes, start, end)) return false;
    this.#kept.push(bytes);
    if (this.isTaken) {
      this.stalledSinceMs = nowMs;
      this.#from.pause();
    }
    return true;
  }

  /** The receiver has taken all. */
  onDrain(): void {
    for (const buffer of this.#kept.splice(0)) this.#buffers.give(buffer);
    if (this.isTaken) return;
    this.stalledSinceMs = Number.POSITIVE_INFINITY;
    this.#from.resume();
  }
}
