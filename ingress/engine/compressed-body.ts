import type { ContentCoding } from "#src/filters/accepted-codings.ts";

/** Gets what a body was compressed to. */
export interface CompressedBodySink {
  /** Bytes to send, framed as chunks, in a buffer that nothing else uses. */
  onCompressed(bytes: Buffer): void;
  /** More may be added. */
  onRoom(): void;
  /** All has been sent. */
  onCompressedEnd(): void;
  /** It cannot be compressed to its end. */
  onCompressionFailure(): void;
}

/** The body of an answer, which is compressed as it comes and sent in chunks: each part can be read when it arrives. */
export interface CompressedBody {
  readonly coding: ContentCoding;
  /** A part is being compressed: better add none before `onRoom`. */
  readonly isBusy: boolean;
  /** Compresses a part, at once or later; the bytes are the caller's again. */
  add(bytes: Buffer, start: number, end: number): void;
  /** No further part comes. */
  end(): void;
  /** Gives up what is kept; nothing is given to the sink after that. More than once, too. */
  close(): void;
}

export const LAST_CHUNK = Buffer.from("0\r\n\r\n");

const CRLF = Buffer.from("\r\n");

/** A chunk (RFC 9112 section 7.1). A chunk of no data would be the last one: it is nothing. */
export function chunkOf(parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return length === 0 ? EMPTY : Buffer.concat([Buffer.from(`${length.toString(16)}\r\n`), ...parts, CRLF]);
}

const EMPTY = Buffer.alloc(0);
