import { COLON, CR, HEX, LF, SEMICOLON, SPACE, TAB, TOKEN, VALUE } from "#ingress/engine/ascii.ts";
import { fieldOf, HeaderField } from "#ingress/engine/header-field.ts";
import { MAX_CHUNK_EXTENSION_BYTES, MAX_FIELDS, MAX_TRAILER_BYTES } from "#ingress/engine/limits.ts";

/** Where in the grammar of RFC 9112 section 7.1 the reader is. */
const At = {
  SizeStart: 0,
  Size: 1,
  Extension: 2,
  SizeLf: 3,
  Data: 4,
  DataCr: 5,
  DataLf: 6,
  LineStart: 7,
  TrailerName: 8,
  TrailerValue: 9,
  TrailerLf: 10,
  EndLf: 11,
  Done: 12,
  Malformed: 13,
  /** After blanks behind a size; of answers only. */
  SizeBlank: 14,
} as const;

/** 13 digits: below 2^52, so that the number is exact. Leading zeros count. */
const MAX_SIZE_DIGITS = 13;
/** Of the name of a trailer. In a request there are no longer ones: no field that is written for endpoints has such a name. */
const MAX_KEPT_NAME_BYTES = 256;

/** What has to change in the bytes of a chunked body before they are passed on. */
export interface ChunkEdit {
  /** The position that it is about. */
  readonly at: number;
  /** Comes before the byte at this position. */
  readonly insert: string;
  /** So many bytes from this position on do not pass. */
  dropped: number;
}

/**
 * Follows a chunked body through any cut of its bytes. Strictly, for requests: it may be passed on as it is, because
 * nothing passes that a lenient reader could understand otherwise; trailers that would mean framing, routing or
 * credentials are refused. Leniently, for answers: what is odd but has one meaning (blanks and zeros around a size, lines
 * that end with LF alone, such trailers) is read, and `edits` says how to make it strict.
 */
export class ChunkedReader {
  readonly #isLenient: boolean;
  /** Of the bytes since `clearEdits`. Always empty for a strict reader, and for answers without oddities. */
  readonly edits: ChunkEdit[] = [];
  /** Lines of trailers, once there is one: none passes before it is known that it may. Undefined while there is none. */
  #keptLines: string[] | undefined;
  /** Of the line of a trailer that has not ended. */
  #lineBytes: number[] = [];
  #trailers: string | undefined;
  /** The bytes of data found by the last `next`, an empty range where it found none. */
  dataStart = 0;
  dataEnd = 0;
  /** The first size has been read, so it probably is a chunked body. */
  hasSize = false;
  /** Names of the trailers of a strict reader, as they came. */
  readonly trailerNames: string[] = [];
  /** Trailers that have begun. */
  #trailerFields = 0;
  #state: number = At.SizeStart;
  #digits = 0;
  #remaining = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #name: Buffer | undefined;
  #nameBytes = 0;

  constructor(isLenient: boolean) {
    this.#isLenient = isLenient;
  }

  reset(): void {
    this.#state = At.SizeStart;
    this.hasSize = false;
    this.#keptLines = this.#trailers = undefined;
    this.clearEdits();
    if (this.#trailerFields > 0) this.trailerNames.length = 0;
    this.#digits = this.#remaining = this.#extensionBytes = this.#trailerBytes = this.#trailerFields = 0;
  }

  clearEdits(): void {
    if (this.edits.length > 0) this.edits.length = 0;
  }

  /** Lines of the trailers that pass, of a lenient reader that is done; undefined: there are none. */
  get trailers(): string | undefined {
    return this.#trailers;
  }

  get hasTrailers(): boolean {
    return this.#trailerFields > 0;
  }

  get isDone(): boolean {
    return this.#state === At.Done;
  }

  get isMalformed(): boolean {
    return this.#state === At.Malformed;
  }

  /**
   * Reads on from `start` to the end of a run of data, of the body or of the bytes, and returns the position reached.
   * Call it until it reaches `end`, or `isDone`, or `isMalformed`.
   */
  next(bytes: Uint8Array, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    let at = start;
    while (at < end && this.#state !== At.Done && this.#state !== At.Malformed) {
      if (this.#state === At.Data) {
        const length = Math.min(end - at, this.#remaining);
        this.dataStart = at;
        this.dataEnd = at + length;
        this.#remaining -= length;
        if (this.#remaining === 0) this.#state = At.DataCr;
        return at + length;
      }
      this.#state = this.#step(bytes[at]!, at);
      at += 1;
    }
    return at;
  }

  #step(byte: number, at: number): number {
    switch (this.#state) {
      case At.SizeStart:
      case At.Size:
      case At.SizeBlank:
        return this.#size(byte, at);
      case At.Extension:
        this.#extensionBytes += 1;
        if (byte === CR) return At.SizeLf;
        return VALUE[byte] === 1 && this.#extensionBytes <= MAX_CHUNK_EXTENSION_BYTES ? At.Extension : At.Malformed;
      case At.SizeLf:
        return byte === LF ? this.#sizeEnd() : At.Malformed;
      case At.DataCr:
        if (byte === LF && this.#isLenient) return this.#insertCr(at, At.SizeStart);
        return byte === CR ? At.DataLf : At.Malformed;
      case At.DataLf:
        return byte === LF ? At.SizeStart : At.Malformed;
      default:
        return this.#trailer(byte, at);
    }
  }

  #size(byte: number, at: number): number {
    const digit = HEX[byte]!;
    if (digit !== 255) {
      if (this.#state === At.SizeBlank) return At.Malformed;
      const isZeroAgain = digit === 0 && this.#remaining === 0 && this.#digits > 0;
      if (isZeroAgain && this.#isLenient) return this.#drop(at, At.Size);
      this.#remaining = this.#remaining * 16 + digit;
      this.#digits += 1;
      return this.#digits <= MAX_SIZE_DIGITS ? At.Size : At.Malformed;
    }
    if (this.#isLenient && (byte === SPACE || byte === TAB)) {
      return this.#drop(at, this.#state === At.SizeStart ? At.SizeStart : At.SizeBlank);
    }
    if (this.#state === At.SizeStart) return At.Malformed;
    if (byte === CR) return At.SizeLf;
    if (byte === LF && this.#isLenient) return this.#insertCr(at, this.#sizeEnd());
    return byte === SEMICOLON ? At.Extension : At.Malformed;
  }

  #sizeEnd(): number {
    this.hasSize = true;
    this.#digits = 0;
    return this.#remaining === 0 ? At.LineStart : At.Data;
  }

  #insertCr(at: number, next: number): number {
    this.edits.push({ at, insert: "\r", dropped: 0 });
    return next;
  }

  /** One edit for a run of bytes: with one for each, a few KB of trailers would take a hundred times as much. */
  #dropByte(at: number): void {
    const last = this.edits.at(-1);
    if (last !== undefined && last.dropped > 0 && last.at + last.dropped === at) last.dropped += 1;
    else this.edits.push({ at, insert: "", dropped: 1 });
  }

  /** Bounded as extensions are, because it costs as much. */
  #drop(at: number, next: number): number {
    this.#extensionBytes += 1;
    this.#dropByte(at);
    return this.#extensionBytes <= MAX_CHUNK_EXTENSION_BYTES ? next : At.Malformed;
  }

  #trailer(byte: number, at: number): number {
    this.#trailerBytes += 1;
    if (this.#trailerBytes > MAX_TRAILER_BYTES) return At.Malformed;
    const isLineEnd = byte === LF && this.#isLenient;
    const next = this.#trailerState(isLineEnd && this.#state !== At.TrailerLf && this.#state !== At.EndLf ? CR : byte);
    if (!this.#isLenient) return next;
    return this.#rewriteTrailer(byte, at, isLineEnd ? this.#afterLineEnd(next) : next);
  }

  /** A line that ends with LF alone is read as if CR had been there. */
  #afterLineEnd(state: number): number {
    if (state === At.EndLf) return At.Done;
    return state === At.TrailerLf ? At.LineStart : state;
  }

  #trailerState(byte: number): number {
    switch (this.#state) {
      case At.LineStart:
        if (byte === CR) return At.EndLf;
        this.#trailerFields += 1;
        if (this.#trailerFields > MAX_FIELDS && !this.#isLenient) return At.Malformed;
        this.#nameBytes = 0;
        return this.#trailerName(byte);
      case At.TrailerName:
        if (byte === COLON) return this.#trailerColon();
        return this.#trailerName(byte);
      case At.TrailerValue:
        if (byte === CR) return At.TrailerLf;
        return VALUE[byte] === 1 ? At.TrailerValue : At.Malformed;
      case At.TrailerLf:
        return byte === LF ? At.LineStart : At.Malformed;
      default:
        return byte === LF ? At.Done : At.Malformed;
    }
  }

  /** Holds trailers of an answer back, and lets those that mean nothing for a proxy pass at the end. */
  #rewriteTrailer(byte: number, at: number, next: number): number {
    if (this.#keptLines === undefined) {
      if (next === At.Done && this.#state === At.LineStart) return this.#insertCr(at, next);
      if (next !== At.TrailerName) return next;
      this.#keptLines = [];
      this.#lineBytes = [];
    }
    if (byte !== CR && byte !== LF) this.#lineBytes.push(byte);
    if (next === At.LineStart) {
      if (!this.#isForbidden()) this.#keptLines.push(`${String.fromCharCode(...this.#lineBytes)}\r\n`);
      this.#lineBytes = [];
    }
    if (next === At.Done) this.#endTrailers(this.#keptLines.join(""), at);
    else this.#dropByte(at);
    return next;
  }

  /** What was held back goes before the last byte, which is dropped as well. */
  #endTrailers(kept: string, at: number): void {
    this.#keptLines = [];
    this.#trailers = kept === "" ? undefined : kept;
    this.edits.push({ at, insert: `${kept}\r\n`, dropped: 1 });
  }

  #trailerColon(): number {
    if (this.#isLenient) return At.TrailerValue;
    if (this.#isForbidden() || this.#nameBytes > MAX_KEPT_NAME_BYTES) return At.Malformed;
    this.trailerNames.push(this.#name!.toString("latin1", 0, this.#nameBytes));
    return At.TrailerValue;
  }

  #trailerName(byte: number): number {
    // In a request an underscore is refused too: see HeaderField.Underscored.
    if (this.#isLenient ? TOKEN[byte] === 0 : TOKEN[byte] !== 1) return At.Malformed;
    this.#name ??= Buffer.alloc(MAX_KEPT_NAME_BYTES);
    if (this.#nameBytes < MAX_KEPT_NAME_BYTES) this.#name[this.#nameBytes] = byte;
    this.#nameBytes += 1;
    return At.TrailerName;
  }

  #isForbidden(): boolean {
    if (this.#nameBytes > MAX_KEPT_NAME_BYTES) return false;
    const field = fieldOf(this.#name!, 0, this.#nameBytes);
    return (
      field !== HeaderField.Other && !(this.#isLenient && (field === HeaderField.Date || field === HeaderField.Server))
    );
  }
}
