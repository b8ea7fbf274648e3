import { COLON, CR, HEX, LF, SEMICOLON, TOKEN, VALUE } from "./ascii.ts";
import { Field, fieldOf } from "./field.ts";
import { MAX_CHUNK_EXTENSION_BYTES, MAX_TRAILER_BYTES } from "./limits.ts";

/** Where in the grammar of RFC 9112 section 7.1 the reader stands. */
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
} as const;

/** 13 digits: below 2^52, so that the number is exact. Leading zeros count. */
const MAX_SIZE_DIGITS = 13;
/** The longest name that could be a forbidden trailer is far shorter. */
const MAX_KEPT_NAME_BYTES = 64;

/**
 * Follows a chunked body through any cut of its bytes, strictly: it may be passed on as it is, because nothing passes
 * that a lenient reader could understand otherwise. Trailers that would mean framing, routing or credentials are refused.
 */
export class ChunkedReader {
  /** The bytes of data found by the last `next`, an empty range where it found none. */
  dataStart = 0;
  dataEnd = 0;
  #state: number = At.SizeStart;
  #digits = 0;
  #remaining = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #name: Buffer | undefined;
  #nameBytes = 0;

  reset(): void {
    this.#state = At.SizeStart;
    this.#digits = this.#remaining = this.#extensionBytes = this.#trailerBytes = 0;
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
    while (at < end && this.#state < At.Done) {
      if (this.#state === At.Data) {
        const length = Math.min(end - at, this.#remaining);
        this.dataStart = at;
        this.dataEnd = at + length;
        this.#remaining -= length;
        if (this.#remaining === 0) this.#state = At.DataCr;
        return at + length;
      }
      this.#state = this.#step(bytes[at]!);
      at += 1;
    }
    return at;
  }

  #step(byte: number): number {
    switch (this.#state) {
      case At.SizeStart:
      case At.Size:
        return this.#size(byte);
      case At.Extension:
        this.#extensionBytes += 1;
        if (byte === CR) return At.SizeLf;
        return VALUE[byte] === 1 && this.#extensionBytes <= MAX_CHUNK_EXTENSION_BYTES ? At.Extension : At.Malformed;
      case At.SizeLf:
        if (byte !== LF) return At.Malformed;
        this.#digits = 0;
        return this.#remaining === 0 ? At.LineStart : At.Data;
      case At.DataCr:
        return byte === CR ? At.DataLf : At.Malformed;
      case At.DataLf:
        return byte === LF ? At.SizeStart : At.Malformed;
      default:
        return this.#trailer(byte);
    }
  }

  #size(byte: number): number {
    const digit = HEX[byte]!;
    if (digit !== 255) {
      this.#remaining = this.#remaining * 16 + digit;
      this.#digits += 1;
      return this.#digits <= MAX_SIZE_DIGITS ? At.Size : At.Malformed;
    }
    if (this.#state === At.SizeStart) return At.Malformed;
    if (byte === CR) return At.SizeLf;
    return byte === SEMICOLON ? At.Extension : At.Malformed;
  }

  #trailer(byte: number): number {
    this.#trailerBytes += 1;
    if (this.#trailerBytes > MAX_TRAILER_BYTES) return At.Malformed;
    switch (this.#state) {
      case At.LineStart:
        if (byte === CR) return At.EndLf;
        this.#nameBytes = 0;
        return this.#trailerName(byte);
      case At.TrailerName:
        if (byte === COLON) return this.#isForbidden() ? At.Malformed : At.TrailerValue;
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

  #trailerName(byte: number): number {
    // An underscore is refused too: see Field.Underscored.
    if (TOKEN[byte] !== 1) return At.Malformed;
    this.#name ??= Buffer.alloc(MAX_KEPT_NAME_BYTES);
    if (this.#nameBytes < MAX_KEPT_NAME_BYTES) this.#name[this.#nameBytes] = byte;
    this.#nameBytes += 1;
    return At.TrailerName;
  }

  #isForbidden(): boolean {
    return this.#nameBytes <= MAX_KEPT_NAME_BYTES && fieldOf(this.#name!, 0, this.#nameBytes) !== Field.Other;
  }
}
