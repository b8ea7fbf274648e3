import { ChunkedReader } from "#ingress/engine/h1/chunked.ts";

interface Piece {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
}

/** Data that may be sent next. */
export interface DataRun {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The body of one request on its way to an endpoint of HTTP/2: the data, cut as flow control lets it pass, and the trailers apart. */
export class RequestSender {
  readonly #pieces: Piece[] = [];
  readonly #chunked: ChunkedReader | undefined;
  /** Of a body that does not come in chunks: what is still to be sent. */
  #left: number;
  /** The data of the first piece that is to be sent next. */
  #runStart = 0;
  #runEnd = 0;

  constructor({ isChunked, contentLength }: { readonly isChunked: boolean; readonly contentLength: number }) {
    this.#chunked = isChunked ? new ChunkedReader(true) : undefined;
    this.#left = contentLength;
  }

  /** No data follows what was sent; there may be trailers. */
  get isDone(): boolean {
    return this.#runStart === this.#runEnd && (this.#chunked?.isDone ?? this.#left === 0);
  }

  /** Nothing at all follows what was sent: the stream ends with it. */
  get isAtEnd(): boolean {
    return this.isDone && this.trailers === undefined;
  }

  /** Lines that go behind the last data; undefined: there are none, or they have not all come. */
  get trailers(): string | undefined {
    return this.#chunked?.isDone === true ? this.#chunked.trailers : undefined;
  }

  /** Buffers are in use. */
  get isWaiting(): boolean {
    return this.#pieces.length > 0;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (end > start) this.#pieces.push({ bytes, at: start, end });
  }

  /** The next data; undefined: none has come. What of it was sent is said by `advance`. */
  peek(): DataRun | undefined {
    while (this.#runStart === this.#runEnd) {
      const piece = this.#pieces[0];
      if (piece === undefined) return undefined;
      if (piece.at === piece.end) this.#pieces.shift();
      else this.#findRun(piece);
    }
    return { bytes: this.#pieces[0]!.bytes, start: this.#runStart, end: this.#runEnd };
  }

  /** So many bytes of the next data were sent. */
  advance(bytes: number): void {
    this.#runStart += bytes;
    if (this.#chunked === undefined) this.#left -= bytes;
    // What is left of the framing needs no room.
    this.peek();
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#runStart = this.#runEnd = 0;
  }

  #findRun(piece: Piece): void {
    const { bytes, at, end } = piece;
    if (this.#chunked === undefined) {
      this.#runStart = at;
      this.#runEnd = Math.min(end, at + this.#left);
      piece.at = end;
      return;
    }
    const next = this.#chunked.next(bytes, at, end);
    // What is to be changed in the text is nothing here.
    this.#chunked.clearEdits();
    this.#runStart = this.#chunked.dataStart;
    this.#runEnd = this.#chunked.dataEnd;
    piece.at = this.#chunked.isDone || this.#chunked.isMalformed ? end : next;
  }
}
