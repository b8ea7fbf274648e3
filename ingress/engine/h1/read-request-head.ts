import { COLON, CR, decimal, LF, METHOD, SLASH, SPACE, spells, TARGET } from "#ingress/engine/ascii.ts";
import { HeaderField } from "#ingress/engine/header-field.ts";
import { methodIs, type RequestHead } from "#ingress/engine/request-head.ts";
import type { ResponseReason } from "#ingress/engine/response-reason.ts";
import { addFramingField } from "./framing.ts";
import { INCOMPLETE, MALFORMED, readFieldLines, TOO_LARGE } from "./read-field-lines.ts";

/** The request line is longer than allowed. */
const LINE_TOO_LONG = -414;

const QUESTION_MARK = 0x3f;
const HASH = 0x23;
const ASTERISK = 0x2a;
const MAX_METHOD_BYTES = 32;
const VERSION_1 = Buffer.from("HTTP/1.");
const HTTP = Buffer.from("http");
const HTTPS = Buffer.from("https");

/**
 * Reads a request head that begins at `start` (RFC 9112 sections 3 and 5). Returns the position after it, or INCOMPLETE,
 * MALFORMED (400), LINE_TOO_LONG (414) or TOO_LARGE (431). Never looks beyond `head.maxBytes`, so that the answer does
 * not depend on how the bytes were cut into packets.
 */
export function readRequestHead(bytes: Uint8Array, start: number, bytesEnd: number, head: RequestHead): number {
  const end = Math.min(bytesEnd, start + head.maxBytes);
  const linesStart = readRequestLine(bytes, skipEmptyLine(bytes, start, end), end, head);
  let result = linesStart;
  if (linesStart > 0) result = readFieldLines(bytes, linesStart, end, head.lines);
  if (result > 0) return interpret(bytes, head) ? result : MALFORMED;
  return result === INCOMPLETE && bytesEnd - start >= head.maxBytes ? TOO_LARGE : result;
}

/** RFC 9112 section 2.2: one empty line before a request is ignored. */
function skipEmptyLine(bytes: Uint8Array, start: number, end: number): number {
  return end - start >= 2 && bytes[start] === CR && bytes[start + 1] === LF ? start + 2 : start;
}

function readRequestLine(bytes: Uint8Array, start: number, end: number, head: RequestHead): number {
  let at = start;
  while (at < end && METHOD[bytes[at]!] === 1) at++;
  if (at - start > MAX_METHOD_BYTES) return MALFORMED;
  if (at === end) return INCOMPLETE;
  // A CR alone may be the first half of the empty line that is ignored.
  if (at === start && bytes[at] === CR && at + 1 === end) return INCOMPLETE;
  if (bytes[at] !== SPACE || at === start) return MALFORMED;
  head.start = start;
  head.methodEnd = at;
  head.targetStart = ++at;
  const lineEnd = start + head.maxLineBytes - " HTTP/1.1".length;
  const stop = Math.min(end, lineEnd);
  while (at < stop && TARGET[bytes[at]!] === 1) at++;
  if (at === lineEnd) return LINE_TOO_LONG;
  if (at === end) return INCOMPLETE;
  if (bytes[at] !== SPACE || at === head.targetStart) return MALFORMED;
  head.targetEnd = at;
  return readVersion(bytes, at + 1, end, head);
}

function readVersion(bytes: Uint8Array, start: number, end: number, head: RequestHead): number {
  for (let index = 0; index < VERSION_1.length; index++) {
    if (start + index === end) return INCOMPLETE;
    if (bytes[start + index] !== VERSION_1[index]) return MALFORMED;
  }
  const at = start + VERSION_1.length;
  if (at === end) return INCOMPLETE;
  head.minorVersion = bytes[at]! - 0x30;
  if (head.minorVersion !== 0 && head.minorVersion !== 1) return MALFORMED;
  if (at + 1 === end) return INCOMPLETE;
  if (bytes[at + 1] !== CR) return MALFORMED;
  if (at + 2 === end) return INCOMPLETE;
  return bytes[at + 2] === LF ? at + 3 : MALFORMED;
}

/** Reads what the fields say; false if they contradict each other or the version. */
function interpret(bytes: Uint8Array, head: RequestHead): boolean {
  const { lines, connection } = head;
  head.contentLength = -1;
  head.isChunked = false;
  head.hops = 0;
  head.hostLine = head.upgradeLine = head.requestIdLine = head.expectLine = -1;
  head.isHttp2 = false;
  connection.reset();
  for (let index = 0; index < lines.count; index++) {
    if (lines.field[index] !== HeaderField.Other && !interpretField(bytes, head, index)) return false;
  }
  // RFC 9112 section 3.2: exactly one Host in HTTP/1.1. Section 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing.
  if (head.minorVersion === 1 && head.hostLine === -1) return false;
  if (head.minorVersion === 0 && head.isChunked) return false;
  return splitTarget(bytes, head);
}

function interpretField(bytes: Uint8Array, head: RequestHead, index: number): boolean {
  const { lines } = head;
  switch (lines.field[index]) {
    case HeaderField.Host:
      if (head.hostLine !== -1) return false;
      head.hostLine = index;
      // An empty Host is for targets without authority, and http has none of those (RFC 9110 section 4.2.1).
      return lines.valueEnd[index] !== lines.valueStart[index];
    case HeaderField.Connection:
      return head.connection.add(bytes, lines.valueStart[index]!, lines.valueEnd[index]!, false);
    case HeaderField.ContentLength:
    case HeaderField.TransferEncoding:
      return addFramingField(bytes, lines, index, head);
    case HeaderField.Upgrade:
      head.upgradeLine = index;
      return true;
    case HeaderField.XRequestId:
      head.requestIdLine = index;
      return true;
    case HeaderField.Hops:
      head.hops = Math.max(head.hops, decimal(bytes, lines.valueStart[index]!, lines.valueEnd[index]!));
      return true;
    case HeaderField.Expect:
      head.expectLine = index;
      return true;
    default:
      return true;
  }
}

/** Origin form, absolute form, `*` with OPTIONS, or what CONNECT has (RFC 9112 section 3.2). */
function splitTarget(bytes: Uint8Array, head: RequestHead): boolean {
  const { targetStart, targetEnd } = head;
  head.authorityStart = head.authorityEnd = 0;
  head.pathStart = targetStart;
  if (bytes[targetStart] === SLASH) return splitPath(bytes, head);
  if (methodIs(bytes, head, "CONNECT")) return splitPath(bytes, head);
  if (targetEnd - targetStart === 1 && bytes[targetStart] === ASTERISK) {
    return splitPath(bytes, head) && methodIs(bytes, head, "OPTIONS");
  }
  let at = targetStart;
  while (at < targetEnd && bytes[at] !== COLON) at++;
  if (!spells(bytes, targetStart, at, HTTP) && !spells(bytes, targetStart, at, HTTPS)) return false;
  if (bytes[at + 1] !== SLASH || bytes[at + 2] !== SLASH) return false;
  head.authorityStart = at += 3;
  while (at < targetEnd && bytes[at] !== SLASH && bytes[at] !== QUESTION_MARK && bytes[at] !== HASH) at++;
  head.authorityEnd = head.pathStart = at;
  return head.authorityEnd > head.authorityStart && splitPath(bytes, head);
}

function splitPath(bytes: Uint8Array, head: RequestHead): true {
  const { targetEnd } = head;
  let at = head.pathStart;
  while (at < targetEnd && bytes[at] !== QUESTION_MARK && bytes[at] !== HASH) at++;
  head.queryStart = at;
  while (at < targetEnd && bytes[at] !== HASH) at++;
  head.queryEnd = at;
  return true;
}

/** Why a head is refused that `readRequestHead` gave this negative result for. */
export function headReason(result: number): ResponseReason {
  if (result === LINE_TOO_LONG) return "target-too-long";
  return result === TOO_LARGE ? "request-head-too-large" : "request-malformed";
}
