import { Flag, FRAME_HEAD_BYTES, FrameType, writeFrameHead } from "#src/http2/frame-head.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { Flushes } from "#ingress/engine/flushes.ts";
import { FrameBuffers } from "#ingress/engine/frame-buffers.ts";
import type { UnsentBytes } from "#ingress/engine/unsent-bytes.ts";

/** What outputs share. */
interface OutputContext {
  readonly buffers: BufferPool;
  readonly unsent: UnsentBytes;
  readonly flushes: Flushes;
}

/** Flags of a frame are behind its length and type. */
const FLAGS_AT = 4;

/** The frames that go to one client. */
export class FrameOutput extends FrameBuffers {
  /** The client keeps a smaller table of fields than usual: the next header block has to take note of that (RFC 7541 section 4.2). */
  mustTellTable = false;
  readonly #connection: Connection;
  /** Where the head of the last frame lies that may end its stream, and in which turn of the buffers; -1: there was none. */
  #lastFrameAt = -1;
  #lastTurn = 0;
  #lastStream = 0;

  constructor(connection: Connection, context: OutputContext) {
    super(connection, context, (buffer) => context.unsent.add(buffer.length));
    this.#connection = connection;
  }

  /** Bytes are on their way that the kernel does not have yet. */
  get isQueued(): boolean {
    return this.at > 0 || this.waitingBytes > 0 || this.#connection.queuedBytes > 0;
  }

  /** Memory that waits for the client; TLS holds a copy of what is queued. */
  get unsentBytes(): number {
    const { queuedBytes, isSecure } = this.#connection;
    return Math.max(this.keptBytes, queuedBytes) + (isSecure ? queuedBytes : 0) + this.waitingBytes;
  }

  override add(frames: Uint8Array): void {
    super.add(frames);
    this.#lastFrameAt = -1;
  }

  override addFrame(head: Parameters<FrameBuffers["addFrame"]>[0], payload: Uint8Array): void {
    super.addFrame(head, payload);
    this.#lastFrameAt = -1;
  }

  /** Writes a DATA frame; there has to be room. */
  addData(stream: number, bytes: Buffer, start: number, end: number): void {
    const to = this.ready(FRAME_HEAD_BYTES + end - start);
    const { at } = this;
    const head = { length: end - start, type: FrameType.Data, flags: 0, stream };
    bytes.copy(to, writeFrameHead(to, at, head), start, end);
    this.#mark(at, stream);
    this.commit(at + FRAME_HEAD_BYTES + end - start);
  }

  /** Room for a HEADERS frame of so many bytes at most, its block written by `write`, which returns where it ends. */
  addHeaders(
    { stream, isEnd }: { readonly stream: number; readonly isEnd: boolean },
    mostBytes: number,
    write: (to: Buffer, at: number) => number,
  ): number {
    const to = this.ready(FRAME_HEAD_BYTES + mostBytes);
    const { at } = this;
    const end = write(to, at + FRAME_HEAD_BYTES);
    const length = end - at - FRAME_HEAD_BYTES;
    const flags = Flag.EndHeaders | (isEnd ? Flag.EndStream : 0);
    writeFrameHead(to, at, { length, type: FrameType.Headers, flags, stream });
    if (isEnd) this.#lastFrameAt = -1;
    else this.#mark(at, stream);
    this.commit(end);
    return length;
  }

  /** Ends a stream: by its last frame, where that has not left, or by an empty one. */
  endStream(stream: number): void {
    const isHere = this.#lastFrameAt !== -1 && this.#lastTurn === this.turns;
    if (isHere && this.#lastStream === stream) {
      this.ready(0)[this.#lastFrameAt + FLAGS_AT]! |= Flag.EndStream;
      this.#lastFrameAt = -1;
      return;
    }
    const to = this.ready(FRAME_HEAD_BYTES);
    const head = { length: 0, type: FrameType.Data, flags: Flag.EndStream, stream };
    this.#lastFrameAt = -1;
    this.commit(writeFrameHead(to, this.at, head));
  }

  #mark(at: number, stream: number): void {
    this.#lastFrameAt = at;
    this.#lastTurn = this.turns;
    this.#lastStream = stream;
  }
}
