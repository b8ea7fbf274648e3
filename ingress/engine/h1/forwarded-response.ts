import { type RewriteBudget, rewriteBudget, rewriteField } from "#src/filters/field-rewrites.ts";
import { addedLines, type ResponseEdit } from "#src/filters/response-edit.ts";
import type { DateLine } from "#ingress/engine/date-line.ts";
import { HeaderField } from "#ingress/engine/header-field.ts";
import type { HeadWriter } from "#ingress/engine/head-writer.ts";
import type { ResponseHead } from "#ingress/engine/response-head.ts";

const VERSION = Buffer.from("HTTP/1.1 ");
const CHUNKED = Buffer.from("Transfer-Encoding: chunked\r\n");
const KEEP_ALIVE = Buffer.from("Connection: keep-alive\r\n");
const CLOSE = Buffer.from("Connection: close\r\n");
const UPGRADE = Buffer.from("Connection: Upgrade\r\nUpgrade: ");
const SERVER = Buffer.from("Server: hawser\r\n");
const COLON = Buffer.from(": ");
const CONTENT_LENGTH = Buffer.from("Content-Length: ");
const CRLF = Buffer.from("\r\n");

/** By which all that is written in place of an endpoint's values may be longer: there has to be room for the head. */
const MAX_ADDED_BYTES = 8_192;

export interface ForwardedResponse {
  readonly bytes: Buffer;
  readonly head: ResponseHead;
  readonly date: DateLine;
  /** What the answer says about the connection; nothing where HTTP/1.1 keeps it by default. */
  readonly connection: "default" | "keep-alive" | "close" | "upgrade";
  /** The body goes to the client in chunks. */
  readonly isChunked: boolean;
  /** The value of a Set-Cookie field of our own. */
  readonly setCookie?: string | undefined;
  /** Lines besides those of the endpoint. */
  readonly added: Buffer | undefined;
  /** What the rule does to the head. */
  readonly edit: ResponseEdit | undefined;
}

/** Lines of our own in a head, with a cookie. */
const OWN_BYTES = 4_096;

/** The bytes that a head may take at most. */
export function headRoom(
  { lines, statusStart }: ResponseHead,
  added: Buffer | undefined,
  edit: ResponseEdit | undefined,
): number {
  const more = edit === undefined ? 0 : edit.lines.length + (edit.linesWithoutError?.length ?? 0) + MAX_ADDED_BYTES;
  return lines.nameStart[lines.count]! - statusStart + (added?.length ?? 0) + more + OWN_BYTES;
}

/** Writes the head for the client: the endpoint's lines in their order and case, without those for this hop only. */
export function writeForwardedResponse(to: HeadWriter, response: ForwardedResponse): void {
  const { bytes, head, date } = response;
  to.add(VERSION);
  to.copy(bytes, head.statusStart, head.statusLineEnd);
  to.add(CRLF);
  writeKeptLines(to, response);
  if (head.contentLength !== -1 && head.lengthLine === -1 && mayHaveLength(head) && !response.isChunked) {
    to.add(CONTENT_LENGTH);
    to.text(`${head.contentLength}\r\n`);
  }
  // RFC 9110 section 6.6.1: a recipient adds the Date that is missing. An interim answer needs neither.
  if (!head.hasDate && head.status >= 200) to.add(date.line);
  const isServerSet = head.hasServer || response.edit?.removes.has("server") === true;
  if (!isServerSet && head.status >= 200) to.add(SERVER);
  if (response.added !== undefined) to.add(response.added);
  if (response.edit !== undefined) to.text(addedLines(response.edit, head.status));
  if (response.isChunked) to.add(CHUNKED);
  if (response.setCookie !== undefined) to.text(`Set-Cookie: ${response.setCookie}\r\n`);
  writeConnection(to, response);
  to.add(CRLF);
}

function writeKeptLines(to: HeadWriter, response: ForwardedResponse): void {
  const { bytes, head } = response;
  const { lines } = head;
  if (lines.isOdd || response.edit !== undefined) {
    writeEachLine(to, response);
    return;
  }
  let runStart = lines.nameStart[0]!;
  for (let index = 0; index < lines.count; index++) {
    if (isKept(bytes, head, index)) continue;
    to.copy(bytes, runStart, lines.nameStart[index]!);
    runStart = lines.nameStart[index + 1]!;
  }
  to.copy(bytes, runStart, lines.nameStart[lines.count]!);
}

/** Writes each line in strict form, for a head that has odd ones, or that the rule edits. */
function writeEachLine(to: HeadWriter, { bytes, head, edit }: ForwardedResponse): void {
  const { nameStart, nameEnd, valueStart, valueEnd, count } = head.lines;
  let room = MAX_ADDED_BYTES;
  const budget = rewriteBudget();
  for (let index = 0; index < count; index++) {
    if (!isKept(bytes, head, index)) continue;
    const name = edit && bytes.toString("latin1", nameStart[index], nameEnd[index]).toLowerCase();
    if (name !== undefined && edit?.removes.has(name) === true) continue;
    to.copy(bytes, nameStart[index]!, nameEnd[index]!);
    to.add(COLON);
    const value =
      name && newValue(edit, name, { bytes, start: valueStart[index]!, end: valueEnd[index]!, room, budget });
    if (value === undefined) to.copy(bytes, valueStart[index]!, valueEnd[index]!);
    else to.text(value);
    if (value !== undefined) room -= Math.max(0, value.length - (valueEnd[index]! - valueStart[index]!));
    to.add(CRLF);
  }
}

/** What is written in place of a value; undefined: nothing, or it would be longer by more than there is room. */
function newValue(
  edit: ResponseEdit | undefined,
  name: string,
  of: { readonly bytes: Buffer; readonly start: number; readonly end: number; room: number; budget: RewriteBudget },
): string | undefined {
  const { bytes, start, end, room, budget } = of;
  const value =
    edit?.rewrites && rewriteField(edit.rewrites, { name, value: bytes.toString("latin1", start, end) }, budget);
  return value !== undefined && value.length - (end - start) <= room ? value : undefined;
}

/** RFC 9110 section 8.6: no length in 1xx and 204, where a client could wait for that body. */
function mayHaveLength({ status, isChunked }: ResponseHead): boolean {
  return status >= 200 && status !== 204 && !isChunked;
}

function isKept(bytes: Buffer, head: ResponseHead, index: number): boolean {
  const { lines, connection } = head;
  switch (lines.field[index]) {
    case HeaderField.Other:
    case HeaderField.Underscored:
    case HeaderField.Unusual:
      return !connection.names(bytes, lines.nameStart[index]!, lines.nameEnd[index]!);
    case HeaderField.Connection:
    case HeaderField.TransferEncoding:
    case HeaderField.Upgrade:
    case HeaderField.HopByHop:
    case HeaderField.Trailer:
      return false;
    case HeaderField.ContentLength:
      return index === head.lengthLine && mayHaveLength(head);
    default:
      return true;
  }
}

function writeConnection(to: HeadWriter, { bytes, head, connection }: ForwardedResponse): void {
  switch (connection) {
    case "keep-alive":
      to.add(KEEP_ALIVE);
      break;
    case "close":
      to.add(CLOSE);
      break;
    case "upgrade":
      to.add(UPGRADE);
      to.copy(bytes, head.lines.valueStart[head.upgradeLine]!, head.lines.valueEnd[head.upgradeLine]!);
      to.add(CRLF);
      break;
    default:
      break;
  }
}
