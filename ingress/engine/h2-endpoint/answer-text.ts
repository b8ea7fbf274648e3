import type { HeaderLines } from "#src/http2/header-lines.ts";
import { COLON, decimal, SMALL_NAME, spells, VALUE } from "#ingress/engine/ascii.ts";

const STATUS = Buffer.from(":status");
const CONTENT_LENGTH = Buffer.from("content-length");
/** About one connection of HTTP/1.1: an answer that has one of them is malformed (RFC 9113 section 8.2.2). */
const OF_HOP: readonly Buffer[] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].map(
  (name) => Buffer.from(name),
);
/** A status that HTTP/2 does not have (RFC 9113 section 8.6). */
const SWITCHING = 101;

/** The head of an answer in the text of HTTP/1.1. */
export interface AnswerText {
  readonly text: Buffer;
  readonly status: number;
  /** Bytes of the body; -1: it is not said, and the text says that it comes in chunks. */
  readonly contentLength: number;
}

/** How the answer of HTTP/2 goes on. */
interface AnswerEnd {
  /** Nothing comes after the head. */
  readonly isEnd: boolean;
  readonly isToHead: boolean;
}

/**
 * Writes the head of an answer as HTTP/1.1 has it: it is read again from there, so that all that holds for answers of HTTP/1.1 holds for
 * it as well. Undefined: it is malformed (RFC 9113 section 8.1.1), or could be another answer in HTTP/1.1 than here.
 */
export function answerText(lines: HeaderLines, { isEnd, isToHead }: AnswerEnd): AnswerText | undefined {
  const status = readStatus(lines);
  const said = status === -1 ? undefined : saidLength(lines);
  if (said === undefined || status === SWITCHING || (status < 200 && isEnd)) return undefined;
  const hasBody = status >= 200 && status !== 204 && status !== 304 && !isToHead;
  if (isEnd && hasBody && said > 0) return undefined;
  const framing = hasBody && said === -1 ? framingOf(isEnd) : "";
  const first = lines.count === 1 ? lines.at : lines.nameStart[1]!;
  const text = Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} \r\n`, "latin1"),
    lines.bytes.subarray(first, lines.at),
    Buffer.from(`${framing}\r\n`, "latin1"),
  ]);
  return { text, status, contentLength: !hasBody || isEnd ? 0 : said };
}

/** The length that the fields behind the status say, -1 where none does; undefined: one of the fields is not as it has to be. */
function saidLength(lines: HeaderLines): number | undefined {
  let length = -1;
  for (let index = 1; index < lines.count; index++) {
    if (!isFieldRight(lines, index)) return undefined;
    if (!isNamed(lines, index, CONTENT_LENGTH)) continue;
    length = decimal(lines.bytes, lines.nameEnd[index]! + 2, lines.valueEnd[index]!);
    if (length === -1) return undefined;
  }
  return length;
}

function framingOf(isEnd: boolean): string {
  return isEnd ? "content-length: 0\r\n" : "transfer-encoding: chunked\r\n";
}

/** The end of a body in chunks with trailers; undefined: they are malformed. */
export function trailersText(lines: HeaderLines): Buffer | undefined {
  for (let index = 0; index < lines.count; index++) if (!isFieldRight(lines, index)) return undefined;
  return Buffer.concat([Buffer.from("0\r\n"), lines.bytes.subarray(0, lines.at), Buffer.from("\r\n")]);
}

/** RFC 9113 section 8.3.2: the one pseudo-header field of an answer, before all others. -1: it is not as it has to be. */
function readStatus(lines: HeaderLines): number {
  if (lines.count === 0 || !isNamed(lines, 0, STATUS)) return -1;
  const start = lines.nameEnd[0]! + 2;
  const end = lines.valueEnd[0]!;
  const status = end - start === 3 ? decimal(lines.bytes, start, end) : -1;
  return status >= 100 ? status : -1;
}

function isNamed({ bytes, nameStart, nameEnd }: HeaderLines, index: number, name: Uint8Array): boolean {
  return spells(bytes, nameStart[index]!, nameEnd[index]!, name);
}

/** Whether a field is what it would be as a line of HTTP/1.1, too: no other pseudo-header field, no end of line within. */
function isFieldRight(lines: HeaderLines, index: number): boolean {
  const { bytes } = lines;
  const nameStart = lines.nameStart[index]!;
  const nameEnd = lines.nameEnd[index]!;
  if (nameStart === nameEnd || bytes[nameStart] === COLON) return false;
  for (let at = nameStart; at < nameEnd; at++) if (SMALL_NAME[bytes[at]!] === 0) return false;
  for (let at = nameEnd + 2; at < lines.valueEnd[index]!; at++) if (VALUE[bytes[at]!] === 0) return false;
  return !OF_HOP.some((name) => isNamed(lines, index, name));
}
