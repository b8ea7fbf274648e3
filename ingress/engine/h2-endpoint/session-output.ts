import { Flag, FRAME_HEAD_BYTES, FrameType, writeFrameHead } from "#src/http2/frame-head.ts";
import { USUAL_FRAME_BYTES } from "#src/http2/settings.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connection } from "#ingress/io/connection.ts";
import { MAX_WAITING_BYTES } from "./bounds.ts";

/** Where less is free, what is written goes out before more data is. */
const LEAST_ROOM_BYTES = 1_024;

interface OutputOptions {
  readonly buffers: BufferPool;
  /** Calls back after the events that are there now. */
  readonly soon: (run: () => void) => unknown;
  /** The endpoint reads nothing, and more waits for it than may. */
  readonly onOverflow: () => void;
}

/** The frames that go to one endpoint: written one behind the other into a buffer, which is sent once in a turn of the event loop. */
export class SessionOutput {
  /** The endpoint does not keep up: data has to wait until `onDrain`. */
  isStalled = false;
  readonly #connection: Connection;
  readonly #options: OutputOptions;
  #buffer: Buffer | undefined;
  #at = 0;
  #isScheduled = false;
  /** Full buffers that wait until the endpoint reads on. */
  readonly #waiting: { readonly buffer: Buffer; readonly length: number }[] = [];
  #waitingBytes = 0;
  /** Buffers in use by the connection until it drains. */
  readonly #kept: Buffer[] = [];

  constructor(connection: Connection, options: OutputOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** How many bytes of data may be written now, in one frame. */
  get dataRoom(): number {
    if (this.#buffer !== undefined && this.#buffer.length - this.#at < LEAST_ROOM_BYTES) this.flush();
    if (this.isStalled) return 0;
    return Math.min(USUAL_FRAME_BYTES, this.#ready(LEAST_ROOM_BYTES).length - this.#at - FRAME_HEAD_BYTES);
  }

  /** Writes bytes that are whole frames. */
  add(frames: Uint8Array): void {
    this.#ready(frames.length).set(frames, this.#at);
    this.#commit(this.#at + frames.length);
  }

  /** Writes a frame with this payload, of at most USUAL_FRAME_BYTES. */
  addFrame(
    { type, flags, stream }: { readonly type: number; readonly flags: number; readonly stream: number },
    payload: Uint8Array,
  ): void {
    const { length } = payload;
    const to = this.#ready(FRAME_HEAD_BYTES + length);
    const at = writeFrameHead(to, this.#at, { length, type, flags, stream });
    to.set(payload, at);
    this.#commit(at + length);
  }

  /** Writes a header block: in HEADERS, and what does not fit there in CONTINUATION. */
  addHeaders(stream: number, block: Buffer, isEnd: boolean): void {
    for (let at = 0; at === 0 || at < block.length; at += USUAL_FRAME_BYTES) {
      const part = block.subarray(at, at + USUAL_FRAME_BYTES);
      const isLast = at + part.length === block.length;
      const flags = (isLast ? Flag.EndHeaders : 0) | (isEnd && at === 0 ? Flag.EndStream : 0);
      this.addFrame({ type: at === 0 ? FrameType.Headers : FrameType.Continuation, flags, stream }, part);
    }
  }

  flush(): void {
    if (this.isStalled || this.#at === 0) return;
    const buffer = this.#buffer!;
    const length = this.#at;
    this.#buffer = undefined;
    this.#at = 0;
    this.#send(buffer, length);
  }

  /** All that was sent has left. */
  onDrain(): void {
    this.#giveKept();
    this.isStalled = false;
    this.#waitingBytes = 0;
    for (const { buffer, length } of this.#waiting.splice(0)) this.#send(buffer, length);
    this.flush();
  }

  /** Nothing further is sent. Buffers that the connection has are left to the garbage collector. */
  close(): void {
    for (const { buffer } of this.#waiting.splice(0)) this.#options.buffers.give(buffer);
    if (this.#buffer !== undefined) this.#options.buffers.give(this.#buffer);
    this.#buffer = undefined;
    this.#at = 0;
  }

  #giveKept(): void {
    for (const buffer of this.#kept.splice(0)) this.#options.buffers.give(buffer);
  }

  #send(buffer: Buffer, length: number): void {
    if (this.#connection.send(buffer, 0, length)) {
      this.#options.buffers.give(buffer);
      return;
    }
    this.isStalled = true;
    this.#kept.push(buffer);
  }

  /** The buffer, with room for so many bytes. */
  #ready(bytes: number): Buffer {
    if (this.#buffer !== undefined && this.#buffer.length - this.#at < bytes) this.#turn(this.#buffer);
    return (this.#buffer ??= this.#options.buffers.take());
  }

  /** Makes room: by sending what is written, or by having it wait. */
  #turn(buffer: Buffer): void {
    if (!this.isStalled) {
      this.flush();
      return;
    }
    this.#waiting.push({ buffer, length: this.#at });
    this.#waitingBytes += this.#at;
    this.#buffer = undefined;
    this.#at = 0;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#options.onOverflow();
  }

  #commit(end: number): void {
    this.#at = end;
    if (this.#isScheduled || this.isStalled) return;
    this.#isScheduled = true;
    this.#options.soon(this.#flushSoon);
  }

  readonly #flushSoon = (): void => {
    this.#isScheduled = false;
    this.flush();
  };
}
