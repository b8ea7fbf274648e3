import { decimal, SPACE, spells, TAB } from "#ingress/engine/ascii.ts";
import { HeaderField } from "#ingress/engine/header-field.ts";
import type { FieldLines } from "#ingress/engine/field-lines.ts";

const CHUNKED = Buffer.from("chunked");

const COMMA = 0x2c;

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
  if (lines.field[index] === HeaderField.TransferEncoding) {
    length.isChunked = spells(bytes, start, end, CHUNKED);
    return length.isChunked;
  }
  length.contentLength = decimal(bytes, start, end);
  return length.contentLength !== -1;
}

/** How long the body of an answer is, and which of its lines says so in one plain number. */
export interface AnswerLength extends DeclaredLength {
  /** Index of the line, or -1. */
  lengthLine: number;
}

/**
 * Takes one Content-Length or Transfer-Encoding field of an answer into account, leniently: a length may be said several
 * times, in lines or in a list, as long as it is the same. False where the framing is in doubt (RFC 9112 section 6.3).
 */
export function addAnswerFraming(bytes: Uint8Array, lines: FieldLines, index: number, length: AnswerLength): boolean {
  const start = lines.valueStart[index]!;
  const end = lines.valueEnd[index]!;
  if (lines.field[index] === HeaderField.TransferEncoding) {
    // Twice chunked would be chunks in chunks.
    if (length.isChunked) return false;
    length.isChunked = spells(bytes, start, end, CHUNKED);
    return length.isChunked;
  }
  const single = decimal(bytes, start, end);
  const value = single === -1 ? equalDecimals(bytes, start, end) : single;
  if (value === -1 || (length.contentLength !== -1 && length.contentLength !== value)) return false;
  length.contentLength = value;
  if (single !== -1) length.lengthLine = index;
  return true;
}

/** The number that a list holds several times, or -1. */
function equalDecimals(bytes: Uint8Array, start: number, end: number): number {
  let value = -1;
  for (let from = start; from <= end;) {
    let to = from;
    while (to < end && bytes[to] !== COMMA) to++;
    const next = trimmedDecimal(bytes, from, to);
    if (next === -1 || (value !== -1 && next !== value)) return -1;
    value = next;
    from = to + 1;
  }
  return value;
}

function trimmedDecimal(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  let to = end;
  while (from < to && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
  while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to--;
  return decimal(bytes, from, to);
}
