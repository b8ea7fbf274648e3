import { Socket, type SocketConstructorOpts } from "node:net";

type Done = (error?: Error | null) => void;

/**
 * A socket that can be read after a write has failed. Node destroys a socket whose write fails; an endpoint that answers
 * 413 before it has read the upload, and closes, would then never be heard: its answer is in our receive buffer, but the
 * reset that came after it fails the next write. Here a failed write only drops its bytes, and is reported once. The read
 * side brings what the kernel still has, then its own end or error, which closes the socket.
 */
export class OutgoingSocket extends Socket {
  readonly #onWriteFailure: () => void;
  #done: Done | undefined;
  /** Kept from one write to the next, because streams pass the same callback each time. */
  #tolerantDone: Done | undefined;
  #hasFailed = false;

  constructor(options: SocketConstructorOpts, onWriteFailure: () => void) {
    super(options);
    this.#onWriteFailure = onWriteFailure;
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    if (this.#hasFailed) done();
    // oxlint-disable-next-line no-underscore-dangle -- node:stream names its hooks so
    else super._write(chunk, encoding, this.#tolerant(done));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    if (this.#hasFailed) done();
    // oxlint-disable-next-line no-underscore-dangle -- node:stream names its hooks so
    else super._writev!(chunks, this.#tolerant(done));
  }

  #tolerant(done: Done): Done {
    if (this.#done === done && this.#tolerantDone !== undefined) return this.#tolerantDone;
    this.#done = done;
    this.#tolerantDone = (error) => {
      // While it connects nothing can have come.
      if (error === undefined || error === null || this.connecting || this.destroyed) {
        done(error);
        return;
      }
      this.#hasFailed = true;
      this.#onWriteFailure();
      done();
    };
    return this.#tolerantDone;
  }
}
