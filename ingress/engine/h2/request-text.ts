import type { HeadLines } from "./head-lines.ts";
import {
  COLON,
  decimal,
  isBlank,
  METHOD,
  SLASH,
  SMALL_NAME,
  SPACE,
  spells,
  TARGET,
  VALUE,
} from "#ingress/engine/ascii.ts";
import { fieldOf, HeaderField } from "#ingress/engine/header-field.ts";

const ASTERISK = 0x2a;

const PSEUDO = {
  method: Buffer.from(":method"),
  path: Buffer.from(":path"),
  scheme: Buffer.from(":scheme"),
  authority: Buffer.from(":authority"),
  protocol: Buffer.from(":protocol"),
} as const;
type Pseudo = keyof typeof PSEUDO;
const PSEUDOS = Object.keys(PSEUDO) as readonly Pseudo[];

const COOKIE = Buffer.from("cookie");
const TE = Buffer.from("te");
const TRAILERS = Buffer.from("trailers");
/** Beside those that `fieldOf` knows: about one hop of HTTP/1.1 (RFC 9113 section 8.2.2). */
const OF_HOP = ["keep-alive", "proxy-connection"].map((name) => Buffer.from(name));
const WEBSOCKET = Buffer.from("websocket");
const CONNECT = Buffer.from("connect");
const SCHEMES = ["http", "https"].map((name) => Buffer.from(name));

/** Bytes of a head of HTTP/1.1 beside the fields: `HTTP/1.1`, the framing, and the fields that begin a tunnel. */
export const EXTRA_BYTES = 256;

/** How a request of HTTP/2 is as one of HTTP/1.1. */
interface RequestTextHow {
  /** Nothing comes after the head. */
  readonly isWhole: boolean;
  /** The value of Sec-WebSocket-Key, where a tunnel is asked for (RFC 8441): that is not the client's to send. */
  readonly webSocketKey: () => string;
}

/** A head in the text of HTTP/1.1, of so many bytes. */
export interface RequestText {
  readonly length: number;
  /** A tunnel is asked for. */
  readonly isTunnel: boolean;
  /** Bytes of the body; -1: it is not said. */
  readonly contentLength: number;
}

/** The lines of one request sorted: places of the pseudo-header fields, -1 where there is none. */
class Sorted {
  method = -1;
  path = -1;
  scheme = -1;
  authority = -1;
  protocol = -1;
  host = -1;
  lengthLine = -1;
  firstRegular = -1;
  firstCookie = -1;
  cookies = 0;
  /** No line from the first regular one on is left out. */
  isPlain = true;
}

/**
 * Writes the head of a request as HTTP/1.1 has it, so that all that holds for requests of HTTP/1.1 holds for it as well: it is read again
 * from there. Undefined: it is malformed (RFC 9113 section 8.1.1), or could be another request in HTTP/1.1 than here. There has to be room for
 * the lines and EXTRA_BYTES.
 */
export function writeRequestText(lines: HeadLines, to: Buffer, how: RequestTextHow): RequestText | undefined {
  const bytes = lines.buffer;
  const sorted = sortLines(lines, bytes);
  if (sorted === undefined || !hasRightPseudos(lines, sorted)) return undefined;
  const contentLength = sorted.lengthLine === -1 ? -1 : decimal(bytes, ...valueOf(lines, sorted.lengthLine));
  const isTunnel = sorted.protocol !== -1;
  if (sorted.lengthLine !== -1 && (contentLength === -1 || isTunnel || (how.isWhole && contentLength > 0)))
    return undefined;
  let at = writeRequestLine(lines, to, sorted);
  at = writeFields(lines, { to, at }, sorted);
  if (isTunnel) at += to.write(tunnelLines(how.webSocketKey()), at, "latin1");
  else if (!how.isWhole && contentLength === -1) at += to.write("transfer-encoding: chunked\r\n", at, "latin1");
  at += to.write("\r\n", at, "latin1");
  return { length: at, isTunnel, contentLength };
}

/** Checks the lines of trailers and writes them as HTTP/1.1 has them; returns how long they are, -1: they are malformed. */
export function writeTrailerText(lines: HeadLines, to: Buffer): number {
  const bytes = lines.buffer;
  for (let index = 0; index < lines.count; index++) {
    if (!isFieldRight(lines, bytes, index) || isOfHop(lines, bytes, index)) return -1;
  }
  return lines.at === 0 ? 0 : copy(bytes, { start: 0, end: lines.at }, to, 0);
}

function tunnelLines(key: string): string {
  return `connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ${key}\r\n`;
}

function valueOf(lines: HeadLines, index: number): [start: number, end: number] {
  return [lines.nameEnd[index]! + 2, lines.valueEnd[index]!];
}

function sortLines(lines: HeadLines, bytes: Buffer): Sorted | undefined {
  const sorted = new Sorted();
  for (let index = 0; index < lines.count; index++) {
    const isPseudo = bytes[lines.nameStart[index]!] === COLON;
    if (isPseudo ? !sortPseudo(lines, bytes, { index, sorted }) : !sortField(lines, bytes, { index, sorted }))
      return undefined;
  }
  return sorted;
}

interface AtLine {
  readonly index: number;
  readonly sorted: Sorted;
}

/** RFC 9113 section 8.3: before all others, each once, and none that is not known. */
function sortPseudo(lines: HeadLines, bytes: Buffer, { index, sorted }: AtLine): boolean {
  if (sorted.firstRegular !== -1) return false;
  for (const name of PSEUDOS) {
    if (!spells(bytes, lines.nameStart[index]!, lines.nameEnd[index]!, PSEUDO[name])) continue;
    if (sorted[name] !== -1) return false;
    sorted[name] = index;
    return true;
  }
  return false;
}

function sortField(lines: HeadLines, bytes: Buffer, { index, sorted }: AtLine): boolean {
  if (sorted.firstRegular === -1) sorted.firstRegular = index;
  if (!isFieldRight(lines, bytes, index)) return false;
  const start = lines.nameStart[index]!;
  const end = lines.nameEnd[index]!;
  switch (fieldOf(bytes, start, end)) {
    case HeaderField.Other:
      return true;
    case HeaderField.Connection:
    case HeaderField.TransferEncoding:
    case HeaderField.Upgrade:
      return false;
    case HeaderField.HopByHop:
      return !isOfHop(lines, bytes, index);
    case HeaderField.Host: {
      const isFirst = sorted.host === -1;
      sorted.host = index;
      sorted.isPlain = false;
      return isFirst;
    }
    case HeaderField.ContentLength: {
      const isFirst = sorted.lengthLine === -1;
      sorted.lengthLine = index;
      return isFirst;
    }
    case HeaderField.Credential:
      if (spells(bytes, start, end, COOKIE)) addCookie(sorted, index);
      return true;
    default:
      return true;
  }
}

/** RFC 9113 section 8.2.3: several fields are one in HTTP/1.1. */
function addCookie(sorted: Sorted, index: number): void {
  if (sorted.firstCookie === -1) sorted.firstCookie = index;
  else sorted.isPlain = false;
  sorted.cookies += 1;
}

/** RFC 9113 section 8.2.1: a name in small letters, a value of one line without blanks around it. */
function isFieldRight(lines: HeadLines, bytes: Buffer, index: number): boolean {
  const start = lines.nameStart[index]!;
  const end = lines.nameEnd[index]!;
  if (start === end) return false;
  for (let at = start; at < end; at++) if (SMALL_NAME[bytes[at]!] === 0) return false;
  const [valueStart, valueEnd] = valueOf(lines, index);
  for (let at = valueStart; at < valueEnd; at++) if (VALUE[bytes[at]!] === 0) return false;
  return valueStart === valueEnd || !(isBlank(bytes[valueStart]!) || isBlank(bytes[valueEnd - 1]!));
}

/** A field about one connection of HTTP/1.1 (RFC 9113 section 8.2.2). */
function isOfHop(lines: HeadLines, bytes: Buffer, index: number): boolean {
  const start = lines.nameStart[index]!;
  const end = lines.nameEnd[index]!;
  if (spells(bytes, start, end, TE)) return !spells(bytes, ...valueOf(lines, index), TRAILERS);
  const field = fieldOf(bytes, start, end);
  return (
    field === HeaderField.Connection ||
    field === HeaderField.TransferEncoding ||
    field === HeaderField.Upgrade ||
    OF_HOP.some((name) => spells(bytes, start, end, name))
  );
}

function hasRightPseudos(lines: HeadLines, sorted: Sorted): boolean {
  const { method, path, scheme, authority, protocol, host } = sorted;
  const bytes = lines.buffer;
  if (method === -1 || !consistsOf(METHOD, lines, method)) return false;
  if (authority !== -1 && !consistsOf(TARGET, lines, authority)) return false;
  if (authority !== -1 && host !== -1 && !isSame(lines, authority, host)) return false;
  const isConnect = spells(bytes, ...valueOf(lines, method), CONNECT);
  if (protocol !== -1 && !(isConnect && authority !== -1 && spells(bytes, ...valueOf(lines, protocol), WEBSOCKET)))
    return false;
  // RFC 9113 section 8.5: a plain CONNECT has neither.
  if (isConnect && protocol === -1) return path === -1 && scheme === -1 && authority !== -1;
  return isPathRight(lines, path) && isSchemeRight(lines, scheme);
}

/** As in HTTP/1.1 either is taken, whatever the connection is: it says how the client named what it asks for, and nothing follows from it. */
function isSchemeRight(lines: HeadLines, scheme: number): boolean {
  return scheme !== -1 && SCHEMES.some((name) => spells(lines.buffer, ...valueOf(lines, scheme), name));
}

/** In HTTP/1.1 a target that does not begin with a slash would name another host. */
function isPathRight(lines: HeadLines, path: number): boolean {
  if (path === -1 || !consistsOf(TARGET, lines, path)) return false;
  const [start, end] = valueOf(lines, path);
  return lines.bytes[start] === SLASH || (end - start === 1 && lines.bytes[start] === ASTERISK);
}

function consistsOf(characters: Uint8Array, lines: HeadLines, index: number): boolean {
  const [start, end] = valueOf(lines, index);
  for (let at = start; at < end; at++) if (characters[lines.bytes[at]!] === 0) return false;
  return end > start;
}

function isSame(lines: HeadLines, left: number, right: number): boolean {
  const [start, end] = valueOf(lines, left);
  const [from, to] = valueOf(lines, right);
  return lines.buffer.compare(lines.bytes, from, to, start, end) === 0;
}

const GET = Buffer.from("GET");
const VERSION = Buffer.from(" HTTP/1.1\r\nhost: ");
const VERSION_ALONE = Buffer.from(" HTTP/1.1\r\n");
const CRLF = Buffer.from("\r\n");

/** The first line, and that of the host where one is named. */
function writeRequestLine(lines: HeadLines, to: Buffer, sorted: Sorted): number {
  const bytes = lines.buffer;
  const isTunnel = sorted.protocol !== -1;
  let at = 0;
  if (isTunnel) at = copy(GET, { start: 0, end: GET.length }, to, at);
  else at = copy(bytes, valueAt(lines, sorted.method), to, at);
  to[at++] = SPACE;
  at = copy(bytes, valueAt(lines, sorted.path === -1 ? sorted.authority : sorted.path), to, at);
  const host = sorted.authority === -1 ? sorted.host : sorted.authority;
  if (host === -1) return copy(VERSION_ALONE, { start: 0, end: VERSION_ALONE.length }, to, at);
  at = copy(VERSION, { start: 0, end: VERSION.length }, to, at);
  at = copy(bytes, valueAt(lines, host), to, at);
  return copy(CRLF, { start: 0, end: CRLF.length }, to, at);
}

function valueAt(lines: HeadLines, index: number): Run {
  const [start, end] = valueOf(lines, index);
  return { start, end };
}

/** The regular fields: in one run where they are as they have to be. */
function writeFields(
  lines: HeadLines,
  { to, at }: { readonly to: Buffer; readonly at: number },
  sorted: Sorted,
): number {
  if (sorted.firstRegular === -1) return at;
  const bytes = lines.buffer;
  if (sorted.isPlain) return copy(bytes, { start: lines.nameStart[sorted.firstRegular]!, end: lines.at }, to, at);
  let next = at;
  for (let index = sorted.firstRegular; index < lines.count; index++) {
    if (index === sorted.host) continue;
    const start = lines.nameStart[index]!;
    const isCookie = sorted.cookies > 1 && spells(bytes, start, lines.nameEnd[index]!, COOKIE);
    if (!isCookie) next = copy(bytes, { start, end: lines.valueEnd[index]! + 2 }, to, next);
    else if (index === sorted.firstCookie) next = writeCookies(lines, { to, at: next }, index);
  }
  return next;
}

function writeCookies(
  lines: HeadLines,
  { to, at }: { readonly to: Buffer; readonly at: number },
  first: number,
): number {
  const bytes = lines.buffer;
  let next = copy(bytes, { start: lines.nameStart[first]!, end: lines.valueEnd[first]! }, to, at);
  for (let index = first + 1; index < lines.count; index++) {
    if (!spells(bytes, lines.nameStart[index]!, lines.nameEnd[index]!, COOKIE)) continue;
    next += to.write("; ", next, "latin1");
    next = copy(bytes, valueAt(lines, index), to, next);
  }
  return copy(CRLF, { start: 0, end: CRLF.length }, to, next);
}

interface Run {
  readonly start: number;
  readonly end: number;
}

/** From here on one call of the runtime is cheaper than a loop over the bytes. */
const CALL_PAYS_BYTES = 96;

function copy(from: Buffer, { start, end }: Run, to: Buffer, at: number): number {
  if (end - start >= CALL_PAYS_BYTES) return at + from.copy(to, at, start, end);
  for (let place = start; place < end; place++) to[at + place - start] = from[place]!;
  return at + end - start;
}
