import { decimal, spells } from "./ascii.ts";
import { Field } from "./field.ts";
import type { FieldLines } from "./field-lines.ts";

const CHUNKED = Buffer.from("chunked");

/** How long the body is, as the fields say: a number of bytes, chunked, or nothing said. */
export interface DeclaredLength {
  /** -1: no Content-Length. */
  contentLength: number;
  isChunked: boolean;
}

/**
 * Takes one Content-Length or Transfer-Encoding field into account, strictly: one field of either, never both, a plain
 * decimal number, no coding but `chunked`. False if the framing is in doubt (RFC 9112 section 6.3).
 */
export function addFramingField(bytes: Uint8Array, lines: FieldLines, index: number, length: DeclaredLength): boolean {
  if (length.contentLength !== -1 || length.isChunked) return false;
  const start = lines.valueStart[index]!;
  const end = lines.valueEnd[index]!;
  if (lines.field[index] === Field.TransferEncoding) {
    length.isChunked = spells(bytes, start, end, CHUNKED);
    return length.isChunked;
  }
  length.contentLength = decimal(bytes, start, end);
  return length.contentLength !== -1;
}
