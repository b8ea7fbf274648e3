import { getSystemErrorName } from "node:util";
import type { NodeStreams, PendingWrite, StreamHandle } from "./node-streams.ts";

/** TLS: up to this many bytes are copied where they have to wait for the write before. */
const SMALL_BYTES = 16_384;

/** What comes of what is sent. Each is called once for an occasion, never during `send`, `onFailure` apart. */
export interface OutputEvents {
  /** All that was given has left, after `send` or `end` said that it had not. */
  onDrain(): void;
  /** Nothing more can be sent. */
  onFailure(error: Error): void;
  /** Our side has ended, after all that was given. */
  onEnded(): void;
}

/** What is sent on a stream. A write at a time, because a second one at a TLS stream ends the process. */
export class HandleOutput {
  queuedBytes = 0;
  readonly #streams: NodeStreams;
  readonly #stream: StreamHandle;
  readonly #events: OutputEvents;
  /** An encrypted stream has copied what it was given when the call returns, and is never done by then. */
  readonly #isSecure: boolean;
  #waiting: Buffer[] = [];
  #underWayBytes = 0;
  /** A write is under way, or the connection is not there yet. */
  #isBusy: boolean;
  #isDrainOwed = false;
  #state: "open" | "ending" | "ended" | "broken" = "open";
  isShuttingDown = false;

  constructor(
    streams: NodeStreams,
    stream: StreamHandle,
    { isSecure, isConnected }: { readonly isSecure: boolean; readonly isConnected: boolean },
    events: OutputEvents,
  ) {
    this.#streams = streams;
    this.#stream = stream;
    this.#isSecure = isSecure;
    this.#isBusy = !isConnected;
    this.#events = events;
  }

  /** Nothing can be sent any longer. */
  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** As of `Connection`. */
  send(buffer: Buffer, start: number, end: number): boolean {
    if (this.#state !== "open" || start === end) return true;
    const bytes = start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end);
    if (this.#isBusy) return this.#wait(bytes);
    if (!this.#begin(this.#stream.writeBuffer(null, bytes), bytes, bytes.length)) return true;
    if (this.#isSecure) return true;
    this.#isDrainOwed = true;
    return false;
  }

  /** Ends our side after what was given. True: that has left. */
  end(): boolean {
    if (this.#state !== "open") return true;
    this.#state = "ending";
    if (!this.#isBusy) {
      this.#shutDown();
      return true;
    }
    this.#isDrainOwed = true;
    return false;
  }

  /** The connection is there: what waits is sent. */
  start(): void {
    this.#isBusy = false;
    this.#goOn();
  }

  /** Nothing more is sent, and nothing more told. */
  drop(): void {
    this.#state = "broken";
    this.#waiting = [];
    this.#isDrainOwed = false;
  }

  #wait(bytes: Buffer): boolean {
    const isCopied =
      this.#isSecure && bytes.length <= SMALL_BYTES && this.queuedBytes - this.#underWayBytes <= SMALL_BYTES;
    this.#waiting.push(isCopied ? Buffer.from(bytes) : bytes);
    this.queuedBytes += bytes.length;
    if (!isCopied) this.#isDrainOwed = true;
    return isCopied;
  }

  /** Whether the write is under way: it may have left during the call, or have failed. */
  #begin(write: number | PendingWrite, content: Buffer | readonly Buffer[], length: number): boolean {
    if (write === 0) return false;
    const error = typeof write === "number" ? write : this.#streams.writeError();
    if (typeof write === "number" || error !== 0) {
      this.#fail(error);
      return false;
    }
    this.#isBusy = true;
    this.#underWayBytes = length;
    this.queuedBytes += length;
    write.content = content;
    write.oncomplete = this.#onWritten;
    // Set where it was complete before this line.
    const { writeStatus } = write;
    if (writeStatus !== null && writeStatus !== undefined) setImmediate(this.#onWritten, writeStatus);
    return true;
  }

  readonly #onWritten = (status: number): void => {
    this.queuedBytes -= this.#underWayBytes;
    this.#underWayBytes = 0;
    this.#isBusy = false;
    if (this.#state === "broken") return;
    if (status < 0) this.#fail(status);
    else this.#goOn();
  };

  #goOn(): void {
    const waiting = this.#waiting;
    if (waiting.length > 0) {
      this.#waiting = [];
      const length = waiting.reduce((sum, bytes) => sum + bytes.length, 0);
      this.queuedBytes -= length;
      const write =
        waiting.length === 1 ? this.#stream.writeBuffer(null, waiting[0]!) : this.#stream.writev(null, waiting, true);
      if (this.#begin(write, waiting, length)) return;
    }
    if (this.#state === "ending") this.#shutDown();
    this.#tellDrained();
  }

  #tellDrained(): void {
    if (!this.#isDrainOwed) return;
    this.#isDrainOwed = false;
    this.#events.onDrain();
  }

  #fail(status: number): void {
    const isOwed = this.#isDrainOwed;
    this.drop();
    this.queuedBytes = this.#underWayBytes;
    this.#events.onFailure(errorOf(status, "write"));
    if (isOwed) this.#events.onDrain();
  }

  #shutDown(): void {
    this.#state = "ended";
    const request = this.#streams.newShutdown();
    request.oncomplete = () => {
      this.isShuttingDown = false;
      this.#events.onEnded();
    };
    this.isShuttingDown = true;
    const status = this.#stream.shutdown(request);
    if (status === 0) return;
    this.isShuttingDown = false;
    // Done during the call, or the other end is gone: a read says so.
    setImmediate(() => this.#events.onEnded());
  }
}

/** An error of a call of the system as Node's own are: `code`, `errno` and `syscall`. */
export function errorOf(status: number, syscall: string): NodeJS.ErrnoException {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno: status, syscall });
}
