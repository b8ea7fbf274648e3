import { MAX_WINDOW_BYTES } from "#src/http2/settings.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { UnsentBytes } from "#ingress/engine/unsent-bytes.ts";
import { ChunkedReader } from "#ingress/engine/h1/chunked.ts";

/** The connection of an answer, and the stream that it is on. */
export interface AnswerSink {
  /** Bytes of data that the connection takes now. */
  readonly dataRoom: number;
  /** Data of other streams waits: this has to wait behind it. */
  readonly isCrowded: boolean;
  sendData(bytes: Buffer, start: number, end: number): void;
  /** All data was sent: ends the stream, with these lines as trailers. */
  sendEnd(trailers: string | undefined): void;
  /** Data waits for the connection; `sendNext` is called when there is room. */
  awaitRoom(): void;
  /** Nothing waits any longer. */
  onAnswerDrain(): void;
}

interface Piece {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
}

/** The body of the answer of one stream: cut to the frames that flow control and the connection allow, one buffer after the other. */
export class AnswerQueue {
  /** What the client takes of this stream; below 0 where it has taken back what was used (RFC 9113 section 6.9.2). */
  window = 0;
  readonly #sink: AnswerSink;
  readonly #context: { readonly buffers: BufferPool; readonly unsent: UnsentBytes };
  readonly #pieces: Piece[] = [];
  #keptBytes = 0;
  /** Undefined: the body comes as it is. */
  #chunked: ChunkedReader | undefined;
  #isChunked = false;
  /** The data of the first piece that is to be sent next. */
  #runStart = 0;
  #runEnd = 0;
  #hasEnd = false;
  isEndSent = false;

  constructor(sink: AnswerSink, context: { readonly buffers: BufferPool; readonly unsent: UnsentBytes }) {
    this.#sink = sink;
    this.#context = context;
  }

  /** Buffers are in use. */
  get isStalled(): boolean {
    return this.#pieces.length > 0;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Another answer begins, on a stream with this window. */
  begin(window: number): void {
    this.clear();
    this.window = window;
    this.#hasEnd = this.isEndSent = this.#isChunked = false;
  }

  /** What follows is data in chunks, and goes without them. */
  readChunks(): void {
    this.#isChunked = true;
    this.#chunked ??= new ChunkedReader(true);
    this.#chunked.reset();
  }

  /** Sends a part of the body; true: the buffer is kept, until `onAnswerDrain`. */
  add(bytes: Buffer, start: number, end: number): boolean {
    const wasEmpty = this.#pieces.length === 0;
    this.#pieces.push({ bytes, at: start, end });
    if (!wasEmpty || (this.#sink.isCrowded && this.#hasData())) this.#wait();
    else while (this.#sendFrame());
    if (this.#pieces.length === 0) return false;
    this.#keptBytes += bytes.length;
    this.#context.unsent.add(bytes.length);
    return true;
  }

  /** The body is whole. */
  end(): void {
    this.#hasEnd = true;
    if (this.#pieces.length === 0) this.#sendEnd();
  }

  /** The client takes more of this stream; false: more than there can be. */
  grow(bytes: number): boolean {
    this.window += bytes;
    if (this.window > MAX_WINDOW_BYTES) return false;
    this.#wait();
    return true;
  }

  /** Sends one frame, if there is room: others have their turn after it. */
  sendNext(): void {
    if (this.#pieces.length === 0) return;
    if (this.#sendFrame()) this.#wait();
    if (this.#pieces.length > 0) return;
    if (this.#hasEnd) this.#sendEnd();
    else this.#sink.onAnswerDrain();
  }

  /** Gives everything up. */
  clear(): void {
    const kept = this.#keptBytes > 0;
    for (const { bytes } of this.#pieces.splice(0)) if (kept) this.#context.buffers.give(bytes);
    this.#keptBytes = this.#runStart = this.#runEnd = 0;
  }

  /** Sends a frame of what is there; true: there is more, and there may be room for it. */
  #sendFrame(): boolean {
    if (!this.#hasData()) return false;
    if (this.window <= 0) return false;
    const room = Math.min(this.#sink.dataRoom, this.window);
    if (room <= 0) {
      this.#wait();
      return false;
    }
    const start = this.#runStart;
    const end = Math.min(this.#runEnd, start + room);
    this.#runStart = end;
    this.window -= end - start;
    this.#sink.sendData(this.#pieces[0]!.bytes, start, end);
    return this.#hasData();
  }

  #wait(): void {
    if (this.window > 0 && this.#pieces.length > 0) this.#sink.awaitRoom();
  }

  /** Finds the next data of the pieces, and gives up those that have none left. */
  #hasData(): boolean {
    while (this.#runStart === this.#runEnd) {
      const piece = this.#pieces[0];
      if (piece === undefined) return false;
      if (piece.at === piece.end) this.#drop();
      else this.#findRun(piece);
    }
    return true;
  }

  #findRun(piece: Piece): void {
    const { at, end } = piece;
    const chunked = this.#isChunked ? this.#chunked : undefined;
    piece.at = end;
    this.#runStart = at;
    this.#runEnd = end;
    if (chunked === undefined) return;
    chunked.clearEdits();
    const next = chunked.next(piece.bytes, at, end);
    piece.at = chunked.isDone || chunked.isMalformed ? end : next;
    this.#runStart = chunked.dataStart;
    this.#runEnd = chunked.dataEnd;
  }

  #drop(): void {
    const { bytes } = this.#pieces.shift()!;
    // The one that is being added is not kept yet.
    if (this.#keptBytes === 0) return;
    this.#keptBytes -= bytes.length;
    this.#context.buffers.give(bytes);
  }

  #sendEnd(): void {
    this.isEndSent = true;
    this.#sink.sendEnd(this.#isChunked ? this.#chunked!.trailers : undefined);
  }
}
