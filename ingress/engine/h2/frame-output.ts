import { Flag, FRAME_HEAD_BYTES, FrameType, writeFrameHead } from "#src/http2/frame-head.ts";
import { USUAL_FRAME_BYTES } from "#src/http2/settings.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { UnsentBytes } from "#ingress/engine/unsent-bytes.ts";
import type { Flushes } from "./flushes.ts";

/** What outputs share. */
interface OutputContext {
  readonly buffers: BufferPool;
  readonly unsent: UnsentBytes;
  readonly flushes: Flushes;
}

/** Flags of a frame are behind its length and type. */
const FLAGS_AT = 4;
/** Where less is free, what is written goes out before more data is. */
const LEAST_ROOM_BYTES = 1_024;

/** The frames that go to one client: written one behind the other into a buffer, which is sent once in a turn of the event loop. */
export class FrameOutput {
  /** The client does not keep up: data has to wait until `onDrain`. */
  isStalled = false;
  /** The client keeps a smaller table of fields than usual: the next header block has to take note of that (RFC 7541 section 4.2). */
  mustTellTable = false;
  readonly #connection: Connection;
  readonly #context: OutputContext;
  #buffer: Buffer | undefined;
  #at = 0;
  /** Where the head of the last frame lies that may end its stream; -1: it has left, or there was none. */
  #lastFrameAt = -1;
  #lastStream = 0;
  #isScheduled = false;
  /** Full buffers that wait until the client reads on. */
  readonly #waiting: { readonly buffer: Buffer; readonly length: number }[] = [];
  /** Buffers in use by the connection until it drains. */
  readonly #kept: Buffer[] = [];

  constructor(connection: Connection, context: OutputContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /** Bytes that wait here because the client does not read. */
  get waitingBytes(): number {
    return this.isStalled ? this.#at + this.#waiting.reduce((sum, { length }) => sum + length, 0) : 0;
  }

  /** Bytes are on their way that the kernel does not have yet. */
  get isQueued(): boolean {
    return this.#at > 0 || this.#waiting.length > 0 || this.#connection.queuedBytes > 0;
  }

  /** Memory that waits for the client; TLS holds a copy of what is queued. */
  get unsentBytes(): number {
    const { queuedBytes, isSecure } = this.#connection;
    const kept = this.#kept.reduce((sum, { length }) => sum + length, 0);
    return Math.max(kept, queuedBytes) + (isSecure ? queuedBytes : 0) + this.waitingBytes;
  }

  /** How many bytes of data may be written now. */
  get dataRoom(): number {
    if (this.#buffer !== undefined && this.#buffer.length - this.#at < LEAST_ROOM_BYTES) this.flush();
    if (this.isStalled) return 0;
    return Math.min(USUAL_FRAME_BYTES, this.#ready(LEAST_ROOM_BYTES).length - this.#at - FRAME_HEAD_BYTES);
  }

  /** Writes a whole frame, or several. */
  add(frames: Uint8Array): void {
    const to = this.#ready(frames.length);
    to.set(frames, this.#at);
    this.#lastFrameAt = -1;
    this.#commit(this.#at + frames.length);
  }

  /** Writes a DATA frame; there has to be room. */
  addData(stream: number, bytes: Buffer, start: number, end: number): void {
    const to = this.#ready(FRAME_HEAD_BYTES + end - start);
    const at = this.#at;
    const head = { length: end - start, type: FrameType.Data, flags: 0, stream };
    bytes.copy(to, writeFrameHead(to, at, head), start, end);
    this.#mark(at, stream);
    this.#commit(at + FRAME_HEAD_BYTES + end - start);
  }

  /** Room for a HEADERS frame of so many bytes at most, its block written by `write`, which returns where it ends. */
  addHeaders(
    { stream, isEnd }: { readonly stream: number; readonly isEnd: boolean },
    mostBytes: number,
    write: (to: Buffer, at: number) => number,
  ): number {
    const to = this.#ready(FRAME_HEAD_BYTES + mostBytes);
    const at = this.#at;
    const end = write(to, at + FRAME_HEAD_BYTES);
    const length = end - at - FRAME_HEAD_BYTES;
    const flags = Flag.EndHeaders | (isEnd ? Flag.EndStream : 0);
    writeFrameHead(to, at, { length, type: FrameType.Headers, flags, stream });
    if (isEnd) this.#lastFrameAt = -1;
    else this.#mark(at, stream);
    this.#commit(end);
    return length;
  }

  /** Ends a stream: by its last frame, where that has not left, or by an empty one. */
  endStream(stream: number): void {
    if (this.#lastFrameAt !== -1 && this.#lastStream === stream) {
      this.#buffer![this.#lastFrameAt + FLAGS_AT]! |= Flag.EndStream;
      this.#lastFrameAt = -1;
      return;
    }
    const to = this.#ready(FRAME_HEAD_BYTES);
    const head = { length: 0, type: FrameType.Data, flags: Flag.EndStream, stream };
    this.#lastFrameAt = -1;
    this.#commit(writeFrameHead(to, this.#at, head));
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.isStalled || this.#at === 0) return;
    const buffer = this.#buffer!;
    const length = this.#at;
    this.#buffer = undefined;
    this.#at = 0;
    this.#lastFrameAt = -1;
    this.#send(buffer, length);
  }

  /** All that was sent has left. */
  onDrain(): void {
    for (const buffer of this.#kept.splice(0)) this.#context.buffers.give(buffer);
    this.isStalled = false;
    for (const { buffer, length } of this.#waiting.splice(0)) this.#send(buffer, length);
    this.flush();
  }

  #send(buffer: Buffer, length: number): void {
    if (this.#connection.send(buffer, 0, length)) {
      this.#context.buffers.give(buffer);
      return;
    }
    this.isStalled = true;
    this.#kept.push(buffer);
    this.#context.unsent.add(buffer.length);
  }

  /** The buffer, with room for so many bytes. */
  #ready(bytes: number): Buffer {
    if (this.#buffer !== undefined && this.#buffer.length - this.#at < bytes) this.#turn(this.#buffer);
    return (this.#buffer ??= this.#context.buffers.take());
  }

  /** Makes room: by sending what is written, or by having it wait. */
  #turn(buffer: Buffer): void {
    if (!this.isStalled) {
      this.flush();
      return;
    }
    this.#waiting.push({ buffer, length: this.#at });
    this.#context.unsent.add(buffer.length);
    this.#buffer = undefined;
    this.#at = 0;
    this.#lastFrameAt = -1;
  }

  #mark(at: number, stream: number): void {
    this.#lastFrameAt = at;
    this.#lastStream = stream;
  }

  #commit(end: number): void {
    this.#at = end;
    if (this.#isScheduled || this.isStalled) return;
    this.#isScheduled = true;
    this.#context.flushes.add(this);
  }
}
