import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { UnsentBytes } from "#ingress/engine/unsent-bytes.ts";

/** What is sent to one client, and the memory that this takes until the client has read it. */
export class ClientOutput {
  readonly #connection: Connection;
  readonly #buffers: BufferPool;
  readonly #unsent: UnsentBytes;
  /** Buffers in use by the connection until it drains. */
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(connection: Connection, buffers: BufferPool, unsent: UnsentBytes) {
    this.#connection = connection;
    this.#buffers = buffers;
    this.#unsent = unsent;
  }

  /** The client does not keep up: buffers are in use until `onDrain`. */
  get isStalled(): boolean {
    return this.#kept.length > 0;
  }

  /** Bytes are on their way that the kernel does not have yet. */
  get isQueued(): boolean {
    return this.#connection.queuedBytes > 0;
  }

  /** Memory that waits for the client; TLS holds a copy of what is queued. */
  get unsentBytes(): number {
    const { queuedBytes, isSecure } = this.#connection;
    return Math.max(this.#keptBytes, queuedBytes) + (isSecure ? queuedBytes : 0);
  }

  /** True: the buffer is kept until `onDrain`. */
  send(bytes: Buffer, start: number, end: number): boolean {
    if (this.#connection.send(bytes, start, end)) return false;
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    this.#unsent.add(bytes.length);
    return true;
  }

  onDrain(): void {
    for (const buffer of this.#kept.splice(0)) this.#buffers.give(buffer);
    this.#keptBytes = 0;
  }
}
