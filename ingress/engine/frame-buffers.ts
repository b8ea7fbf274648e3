import { Flag, FRAME_HEAD_BYTES, FrameType, writeFrameHead } from "#src/http2/frame-head.ts";
import { USUAL_FRAME_BYTES } from "#src/http2/settings.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { Flushes } from "./flushes.ts";

/** Where less is free, what is written goes out before more data is. */
const LEAST_ROOM_BYTES = 1_024;

interface FrameBuffersContext {
  readonly buffers: BufferPool;
  readonly flushes: Flushes;
}

/**
 * Where the frames of one connection are written one behind the other: in a buffer that is sent once in a turn of the event loop, and when it
 * is full. Full ones wait while the other end does not keep up.
 */
export class FrameBuffers {
  /** The other end does not keep up: data has to wait until `onDrain`. */
  isStalled = false;
  /** End of what is written in the present buffer. */
  at = 0;
  /** Buffers that were filled or sent so far: what was written before the last change has left the present one. */
  turns = 0;
  readonly #connection: Connection;
  readonly #context: FrameBuffersContext;
  readonly #onHeld: (buffer: Buffer) => void;
  #buffer: Buffer | undefined;
  #isScheduled = false;
  /** Full buffers that wait until the other end reads on, and how much is written in them. */
  readonly #waiting: { readonly buffer: Buffer; readonly length: number }[] = [];
  #fullBytes = 0;
  /** Buffers in use by the connection until it drains. */
  readonly #kept: Buffer[] = [];

  /** `onHeld`: this buffer is full or sent, and in use until the other end reads on. */
  constructor(connection: Connection, context: FrameBuffersContext, onHeld: (buffer: Buffer) => void) {
    this.#connection = connection;
    this.#context = context;
    this.#onHeld = onHeld;
  }

  /** Memory in use by the connection. */
  get keptBytes(): number {
    return this.#kept.reduce((sum, { length }) => sum + length, 0);
  }

  /** Bytes that wait here because the other end does not read. */
  get waitingBytes(): number {
    return this.isStalled ? this.at + this.#fullBytes : 0;
  }

  /** How many bytes of data may be written now, in one frame. */
  get dataRoom(): number {
    if (this.#buffer !== undefined && this.#buffer.length - this.at < LEAST_ROOM_BYTES) this.flush();
    if (this.isStalled) return 0;
    return Math.min(USUAL_FRAME_BYTES, this.ready(LEAST_ROOM_BYTES).length - this.at - FRAME_HEAD_BYTES);
  }

  /** The buffer, with room for so many bytes from `at` on. */
  ready(bytes: number): Buffer {
    if (this.#buffer !== undefined && this.#buffer.length - this.at < bytes) this.#turn(this.#buffer);
    return (this.#buffer ??= this.#context.buffers.take());
  }

  /** Whole frames were written, up to here. */
  commit(end: number): void {
    this.at = end;
    if (this.#isScheduled || this.isStalled) return;
    this.#isScheduled = true;
    this.#context.flushes.add(this);
  }

  /** Writes bytes that are whole frames. */
  add(frames: Uint8Array): void {
    this.ready(frames.length).set(frames, this.at);
    this.commit(this.at + frames.length);
  }

  /** Writes a frame with this payload, of at most USUAL_FRAME_BYTES. */
  addFrame(
    { type, flags, stream }: { readonly type: number; readonly flags: number; readonly stream: number },
    payload: Uint8Array,
  ): void {
    const { length } = payload;
    const to = this.ready(FRAME_HEAD_BYTES + length);
    const at = writeFrameHead(to, this.at, { length, type, flags, stream });
    to.set(payload, at);
    this.commit(at + length);
  }

  /** Writes a header block: in HEADERS, and what does not fit there in CONTINUATION. */
  addBlock(stream: number, block: Buffer, isEnd: boolean): void {
    // RFC 9113 section 8.1: the end of the stream is said in the first frame.
    for (let at = 0; at === 0 || at < block.length; at += USUAL_FRAME_BYTES) {
      const part = block.subarray(at, at + USUAL_FRAME_BYTES);
      const isLast = at + part.length === block.length;
      const flags = (isLast ? Flag.EndHeaders : 0) | (isEnd && at === 0 ? Flag.EndStream : 0);
      this.addFrame({ type: at === 0 ? FrameType.Headers : FrameType.Continuation, flags, stream }, part);
    }
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.isStalled || this.at === 0) return;
    const buffer = this.#buffer!;
    const length = this.at;
    this.#forget();
    this.#send(buffer, length);
  }

  /** All that was sent has left. */
  onDrain(): void {
    for (const buffer of this.#kept.splice(0)) this.#context.buffers.give(buffer);
    this.isStalled = false;
    this.#fullBytes = 0;
    for (const { buffer, length } of this.#waiting.splice(0)) this.#send(buffer, length);
    this.flush();
  }

  /** Nothing further is sent. Buffers that the connection has are left to the garbage collector. */
  close(): void {
    for (const { buffer } of this.#waiting.splice(0)) this.#context.buffers.give(buffer);
    if (this.#buffer !== undefined) this.#context.buffers.give(this.#buffer);
    this.#forget();
  }

  #send(buffer: Buffer, length: number): void {
    if (this.#connection.send(buffer, 0, length)) {
      this.#context.buffers.give(buffer);
      return;
    }
    this.isStalled = true;
    this.#kept.push(buffer);
    this.#onHeld(buffer);
  }

  /** Makes room: by sending what is written, or by having it wait. */
  #turn(buffer: Buffer): void {
    if (!this.isStalled) {
      this.flush();
      return;
    }
    this.#waiting.push({ buffer, length: this.at });
    this.#fullBytes += this.at;
    this.#forget();
    this.#onHeld(buffer);
  }

  #forget(): void {
    this.#buffer = undefined;
    this.at = 0;
    this.turns += 1;
  }
}
