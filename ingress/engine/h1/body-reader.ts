import { ChunkedReader } from "./chunked.ts";
import type { DeclaredLength } from "./framing.ts";
import type { MirrorCopy } from "#ingress/engine/mirror.ts";

const NO_NAMES: readonly string[] = [];

/** Follows one message body to its end, whatever its framing (RFC 9112 section 6.3). Used again for each message. */
export class BodyReader {
  isDone = true;
  isChunked = false;
  /** Data of a chunked body so far, without its framing. */
  chunkBytes = 0;
  /** Ends when the connection does. */
  isUntilClose = false;
  /** Gets what comes of the present body; undefined: nothing does. */
  copy: MirrorCopy | undefined;
  #remaining = 0;
  #chunked: ChunkedReader | undefined;
  readonly #isLenient: boolean;

  /** `isLenient`: for answers; see ChunkedReader. */
  constructor({ isLenient }: { readonly isLenient: boolean }) {
    this.#isLenient = isLenient;
  }

  /** Begins as the head of a request says; without a length and without chunks there is no body. */
  startDeclared({ isChunked, contentLength }: DeclaredLength): void {
    if (isChunked) this.startChunked();
    else if (contentLength > 0) this.startLength(contentLength);
    else this.startEmpty();
  }

  startEmpty(): void {
    this.endCopy(false);
    this.isDone = true;
    this.isChunked = this.isUntilClose = false;
  }

  startLength(length: number): void {
    this.startEmpty();
    this.#remaining = length;
    this.isDone = length === 0;
  }

  startChunked(): void {
    this.startEmpty();
    this.#chunked ??= new ChunkedReader(this.#isLenient);
    this.#chunked.reset();
    this.chunkBytes = 0;
    this.isChunked = true;
    this.isDone = false;
  }

  startUntilClose(): void {
    this.startEmpty();
    this.isUntilClose = true;
    this.isDone = false;
  }

  /** How far these bytes belong to the body: the position after its part of them; -1 if the framing is broken. */
  advance(bytes: Uint8Array, start: number, end: number): number {
    const bodyEnd = this.#advance(bytes, start, end);
    if (bodyEnd !== -1) this.copy?.add(bytes, start, bodyEnd);
    return bodyEnd;
  }

  endCopy(isWhole: boolean): void {
    if (isWhole) this.copy?.end();
    else this.copy?.drop();
    this.copy = undefined;
  }

  #advance(bytes: Uint8Array, start: number, end: number): number {
    if (this.isDone) return start;
    if (this.isUntilClose) return end;
    if (this.isChunked) return this.eachData(bytes, start, end);
    const length = Math.min(end - start, this.#remaining);
    this.#remaining -= length;
    this.isDone = this.#remaining === 0;
    return start + length;
  }

  /** Advances in a chunked body as `advance` does, and calls back for each run of data between the framing. */
  eachData(bytes: Uint8Array, start: number, end: number, onData?: (start: number, end: number) => void): number {
    const chunked = this.#chunked!;
    chunked.clearEdits();
    let at = start;
    while (at < end && !chunked.isDone && !chunked.isMalformed) {
      at = chunked.next(bytes, at, end);
      this.chunkBytes += chunked.dataEnd - chunked.dataStart;
      if (onData !== undefined && chunked.dataEnd > chunked.dataStart) onData(chunked.dataStart, chunked.dataEnd);
    }
    this.isDone = chunked.isDone;
    return chunked.isMalformed ? -1 : at;
  }

  /** A field comes after the data. */
  get hasTrailers(): boolean {
    return this.isChunked && this.#chunked!.hasTrailers;
  }

  get trailerNames(): readonly string[] {
    return this.isChunked ? this.#chunked!.trailerNames : NO_NAMES;
  }

  /** Of a chunked body: nothing shows yet that it is one. */
  get isUnproven(): boolean {
    return this.isChunked && !this.#chunked!.hasSize;
  }

  /** What to pass on of the bytes that the last `advance` went over; undefined: those bytes as they are. */
  reframed(bytes: Buffer, start: number, end: number): Buffer | undefined {
    const edits = this.isChunked ? this.#chunked!.edits : [];
    if (edits.length === 0) return undefined;
    const parts: Buffer[] = [];
    let from = start;
    for (const { at, insert, dropped } of edits) {
      if (at > from) parts.push(bytes.subarray(from, at));
      if (insert !== "") parts.push(Buffer.from(insert, "latin1"));
      from = at + dropped;
    }
    parts.push(bytes.subarray(from, end));
    return Buffer.concat(parts);
  }
}
