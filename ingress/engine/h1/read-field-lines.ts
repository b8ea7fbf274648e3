import { COLON, CR, LF, SPACE, TAB, TOKEN, VALUE } from "#ingress/engine/ascii.ts";
import type { FieldLines } from "#ingress/engine/field-lines.ts";
import { fieldOf, HeaderField } from "#ingress/engine/header-field.ts";
import { MAX_FIELDS } from "#ingress/engine/limits.ts";

/** More bytes are needed. */
export const INCOMPLETE = 0;
/** Not HTTP/1.1 as we read it: 400, or 502 for a response. */
export const MALFORMED = -400;
/** More fields than MAX_FIELDS, or a longer head than allowed. */
export const TOO_LARGE = -431;

/**
 * Reads header lines up to and with the empty line (RFC 9112 section 5), strictly: no obs-fold, no blank before the
 * colon, no bare CR or LF, no control character. With `lines.isLenient` a line may end with LF alone and have
 * blanks before its colon, which leave no doubt; `isOdd` says that it was so. Returns the position after the empty line, or INCOMPLETE, MALFORMED or
 * TOO_LARGE.
 */
export function readFieldLines(bytes: Uint8Array, start: number, end: number, lines: FieldLines): number {
  let at = start;
  lines.isOdd = false;
  for (let count = 0; ; count++) {
    lines.count = count;
    if (at === end) return INCOMPLETE;
    if (bytes[at] === CR) {
      lines.nameStart[count] = at;
      if (at + 1 === end) return INCOMPLETE;
      return bytes[at + 1] === LF ? at + 2 : MALFORMED;
    }
    if (lines.isLenient && bytes[at] === LF) {
      lines.nameStart[count] = at;
      lines.isOdd = true;
      return at + 1;
    }
    if (count === MAX_FIELDS) return TOO_LARGE;
    at = readFieldLine(bytes, at, end, lines);
    if (at <= 0) return at;
  }
}

function readFieldLine(bytes: Uint8Array, start: number, end: number, lines: FieldLines): number {
  const { count, isLenient } = lines;
  let at = start;
  let kinds = 0;
  for (let kind = 0; at < end && (kind = TOKEN[bytes[at]!]!) !== 0; at++) kinds |= kind;
  const nameEnd = at;
  if (isLenient && at > start && (bytes[at] === SPACE || bytes[at] === TAB)) {
    lines.isOdd = true;
    at = skipBlanks(bytes, at, end);
  }
  if (at === end) return INCOMPLETE;
  if (bytes[at] !== COLON || at === start) return MALFORMED;
  lines.nameStart[count] = start;
  lines.nameEnd[count] = nameEnd;
  if (kinds === 1) lines.field[count] = fieldOf(bytes, start, nameEnd);
  else lines.field[count] = kinds > 3 ? HeaderField.Unusual : HeaderField.Underscored;
  const valueStart = skipBlanks(bytes, at + 1, end);
  at = valueStart;
  while (at < end && VALUE[bytes[at]!] === 1) at++;
  const next = afterLine(bytes, at, end, isLenient);
  if (next <= 0) return next;
  if (next === at + 1) lines.isOdd = true;
  let valueEnd = at;
  while (valueEnd > valueStart && (bytes[valueEnd - 1] === SPACE || bytes[valueEnd - 1] === TAB)) valueEnd--;
  lines.valueStart[count] = valueStart;
  lines.valueEnd[count] = valueEnd;
  return next;
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  return at;
}

/** The position after the end of a line that is at `at`, or INCOMPLETE or MALFORMED. */
function afterLine(bytes: Uint8Array, at: number, end: number, isLenient: boolean): number {
  if (at === end) return INCOMPLETE;
  if (isLenient && bytes[at] === LF) return at + 1;
  if (bytes[at] !== CR) return MALFORMED;
  if (at + 1 === end) return INCOMPLETE;
  return bytes[at + 1] === LF ? at + 2 : MALFORMED;
}
