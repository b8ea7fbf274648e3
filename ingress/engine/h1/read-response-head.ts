import { CR, LF, SPACE, VALUE } from "#ingress/engine/ascii.ts";
import type { EndpointFailure } from "#ingress/engine/counters.ts";
import { HeaderField } from "#ingress/engine/header-field.ts";
import type { ResponseHead } from "#ingress/engine/response-head.ts";
import { addAnswerFraming } from "./framing.ts";
import { INCOMPLETE, MALFORMED, readFieldLines, TOO_LARGE } from "./read-field-lines.ts";

const VERSION_1 = Buffer.from("HTTP/1.");

/** Its fields leave in doubt where the body ends. */
const LENGTH_UNCLEAR = -411;

/** Why an answer is refused whose head `readResponseHead` gave this negative result for. */
export function answerFault(result: number): EndpointFailure {
  if (result === LENGTH_UNCLEAR) return "answer-length-unclear";
  return result === TOO_LARGE ? "answer-head-too-large" : "answer-malformed";
}

/**
 * Reads a response head that begins at `start` (RFC 9112 sections 4 and 5), leniently where there is no doubt about what
 * it means: it is written again for the client. Returns the position after it, or INCOMPLETE, MALFORMED, LENGTH_UNCLEAR
 * or TOO_LARGE.
 */
export function readResponseHead(bytes: Uint8Array, start: number, bytesEnd: number, head: ResponseHead): number {
  const end = Math.min(bytesEnd, start + head.maxBytes);
  const linesStart = readStatusLine(bytes, start, end, head);
  const result = linesStart > 0 ? readFieldLines(bytes, linesStart, end, head.lines) : linesStart;
  if (result > 0) {
    const fault = interpret(bytes, head);
    return fault === 0 ? result : fault;
  }
  return result === INCOMPLETE && bytesEnd - start >= head.maxBytes ? TOO_LARGE : result;
}

function readStatusLine(bytes: Uint8Array, start: number, end: number, head: ResponseHead): number {
  for (let index = 0; index < VERSION_1.length; index++) {
    if (start + index === end) return INCOMPLETE;
    if (bytes[start + index] !== VERSION_1[index]) return MALFORMED;
  }
  // Version digit, blank, three digits, then a blank and the reason phrase, which may be missing with its blank.
  const at = start + VERSION_1.length;
  if (at + 6 > end) return INCOMPLETE;
  head.minorVersion = bytes[at]! - 0x30;
  if ((head.minorVersion !== 0 && head.minorVersion !== 1) || bytes[at + 1] !== SPACE) return MALFORMED;
  head.statusStart = at + 2;
  head.status = readStatus(bytes, at + 2);
  if (head.status === 0) return MALFORMED;
  if (bytes[at + 5] !== SPACE && bytes[at + 5] !== CR && bytes[at + 5] !== LF) return MALFORMED;
  let lineEnd = at + 5;
  while (lineEnd < end && VALUE[bytes[lineEnd]!] === 1) lineEnd++;
  if (lineEnd === end) return INCOMPLETE;
  head.statusLineEnd = lineEnd;
  if (bytes[lineEnd] === LF) return lineEnd + 1;
  if (bytes[lineEnd] !== CR) return MALFORMED;
  if (lineEnd + 1 === end) return INCOMPLETE;
  return bytes[lineEnd + 1] === LF ? lineEnd + 2 : MALFORMED;
}

/** 100 to 999, else 0. Above 599 there is no meaning (RFC 9110 section 15), but no doubt either. */
function readStatus(bytes: Uint8Array, start: number): number {
  let status = 0;
  for (let at = start; at < start + 3; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return 0;
    status = status * 10 + digit;
  }
  return status >= 100 ? status : 0;
}

/** 0, or why the fields cannot be used. */
function interpret(bytes: Uint8Array, head: ResponseHead): number {
  const { lines, connection } = head;
  head.contentLength = head.lengthLine = -1;
  head.isChunked = false;
  head.upgradeLine = -1;
  head.hasDate = head.hasServer = false;
  connection.reset();
  for (let index = 0; index < lines.count; index++) {
    if (lines.field[index] !== HeaderField.Other && !interpretField(bytes, head, index)) {
      return lines.field[index] === HeaderField.Connection ? MALFORMED : LENGTH_UNCLEAR;
    }
  }
  // RFC 9112 sections 6.1 and 6.3: Transfer-Encoding wins, also in HTTP/1.0; after either the connection is not trusted.
  if (head.isChunked && (head.minorVersion === 0 || head.contentLength !== -1)) {
    head.contentLength = head.lengthLine = -1;
    connection.close = true;
  }
  return 0;
}

function interpretField(bytes: Uint8Array, head: ResponseHead, index: number): boolean {
  const { lines } = head;
  switch (lines.field[index]) {
    case HeaderField.Connection:
      return head.connection.add(bytes, lines.valueStart[index]!, lines.valueEnd[index]!, true);
    case HeaderField.ContentLength:
    case HeaderField.TransferEncoding:
      return addAnswerFraming(bytes, lines, index, head);
    case HeaderField.Upgrade:
      head.upgradeLine = index;
      return true;
    case HeaderField.Date:
      head.hasDate = true;
      return true;
    case HeaderField.Server:
      head.hasServer = true;
      return true;
    default:
      return true;
  }
}
