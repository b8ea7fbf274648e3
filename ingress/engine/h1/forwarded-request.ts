import type { RequestFields } from "#src/filters/request-fields.ts";
import { sameHeaderName } from "#src/auth/same-header-name.ts";
import type { AccessGrant } from "#ingress/engine/access-grant.ts";
import { COLON } from "#ingress/engine/ascii.ts";
import { aliasedFieldOf, HeaderField } from "#ingress/engine/header-field.ts";
import type { RequestClient } from "#ingress/engine/filtered-request.ts";
import type { HeadWriter } from "#ingress/engine/head-writer.ts";
import { writeRequestId } from "#ingress/engine/request-id.ts";
import type { MadeIds } from "#ingress/engine/request-record.ts";
import { isTraceLine } from "#ingress/engine/trace-context.ts";
import type { RequestHead } from "#ingress/engine/request-head.ts";

/**
 * What `writeForwardedRequest` may add to the bytes of the head, the rewritten path, the fields of the rule and the client's lines excepted:
 * twice a host of at most 260 characters, an id, and the names of five fields.
 */
const ADDED_BYTES = 1_024;

/** An id longer than this is not kept: it goes into the logs of every hop. */
const MAX_REQUEST_ID_BYTES = 128;

/**
 * A request that Hawser has forwarded so often goes in a circle: an endpoint is the proxy itself, or sends it back. Own
 * fields, because `Via` makes servers such as nginx send their answers without compression.
 */
export const MAX_HOPS = 8;
const HOPS = Array.from({ length: MAX_HOPS }, (_, hops) => Buffer.from(`X-Hawser-Hops: ${hops + 1}\r\n`));

const HTTP_1_1 = Buffer.from(" HTTP/1.1\r\n");
const HOST = Buffer.from("Host: ");
const FORWARDED_HOST = Buffer.from("X-Forwarded-Host: ");
const REQUEST_ID = Buffer.from("X-Request-ID: ");
const TRACEPARENT = Buffer.from("traceparent: ");
const CHUNKED = Buffer.from("Transfer-Encoding: chunked\r\n");
const UPGRADE = Buffer.from("Connection: Upgrade\r\nUpgrade: ");
const CRLF = Buffer.from("\r\n");
const ROOT = Buffer.from("/");
const FORWARDED_PORT = Buffer.from("X-Forwarded-Port: ");
const HTTP_LINE = "X-Forwarded-Proto: http\r\n";
const HTTPS_LINE = "X-Forwarded-Proto: https\r\n";
const MAX_PORT_DIGITS = 5;

/** Which request header names are forwarded: of letters, digits and hyphens, with underscores too, or any. */
export const HEADER_NAMES = ["plain", "underscores", "any"] as const;

export type HeaderNames = (typeof HEADER_NAMES)[number];

export interface ForwardedRequest {
  readonly bytes: Buffer;
  readonly head: RequestHead;
  /** The path to send instead of the client's. */
  readonly rewrittenPath: string | undefined;
  /** Of the rule; undefined: the fields that the client sent. */
  readonly fields: RequestFields | undefined;
  /** The host of HTTP/1.0 requests that name none, which HTTP/1.1 must. */
  readonly backendHost: string;
  /** The X-Forwarded lines of the client. */
  readonly clientLines: ClientLines;
  readonly headerNames: HeaderNames;
  /** What was made here in place of what the client did not send. */
  readonly ids: MadeIds;
  /** What goes with a request that was let in. */
  readonly grant: AccessGrant | undefined;
  /** Pass on the wish to change the protocol. */
  readonly wantsUpgrade: boolean;
}

/** X-Forwarded lines that are the same for all requests of a client. */
export interface ClientLines {
  readonly bytes: Buffer;
  /** Where the last one begins, which has the port. */
  readonly portStart: number;
  /** A proxy in front has said which port; otherwise the one that the request names goes first. */
  readonly isPortKnown: boolean;
  /** X-Forwarded-Host, where it is not as the request says; undefined: it is. */
  readonly hostLine: Buffer | undefined;
}

/**
 * The X-Forwarded lines for a client. Its own are not trusted, and never passed on. The port is that which it asked a proxy in front for, else the
 * usual one of its scheme.
 */
export function clientLines(
  client: Pick<RequestClient, "remoteAddress" | "isSecure" | "askedPort" | "forwardedHost" | "forwardedFor">,
): ClientLines {
  const { remoteAddress, isSecure, askedPort, forwardedHost, forwardedFor = remoteAddress } = client;
  const start = `X-Forwarded-For: ${forwardedFor}\r\nX-Real-IP: ${remoteAddress}\r\n${isSecure ? HTTPS_LINE : HTTP_LINE}`;
  const port = askedPort ?? (isSecure ? 443 : 80);
  return {
    bytes: Buffer.from(`${start}X-Forwarded-Port: ${port}\r\n`, "latin1"),
    portStart: start.length,
    isPortKnown: askedPort !== undefined,
    hostLine: forwardedHost === undefined ? undefined : Buffer.from(`X-Forwarded-Host: ${forwardedHost}\r\n`, "latin1"),
  };
}

/** The most bytes that the head for the endpoint may have. */
export function mostBytes({ head, rewrittenPath, fields, grant, clientLines: lines }: ForwardedRequest): number {
  const room = head.lines.nameStart[head.lines.count]! - head.start + (rewrittenPath?.length ?? 0);
  const added = (fields?.hostLine?.length ?? 0) + (fields?.lines.length ?? 0) + (grant?.requestLines.length ?? 0);
  return room + added + lines.bytes.length + (lines.hostLine?.length ?? 0) + ADDED_BYTES;
}

/**
 * Writes the head for the endpoint: the client's lines in their order and case without those that are for this hop only
 * (RFC 9110 section 7.6.1), then ours. Always HTTP/1.1.
 */
export function writeForwardedRequest(to: HeadWriter, request: ForwardedRequest): void {
  const { bytes, head, rewrittenPath } = request;
  to.copy(bytes, head.start, head.methodEnd + 1);
  if (rewrittenPath !== undefined) {
    to.text(rewrittenPath);
    to.copy(bytes, head.queryStart, head.queryEnd);
  } else {
    if (head.pathStart === head.queryStart) to.add(ROOT);
    to.copy(bytes, head.pathStart, head.queryEnd);
  }
  to.add(HTTP_1_1);
  writeKeptLines(to, request);
  writeHost(to, request);
  writeClientLines(to, request);
  if (request.fields !== undefined) to.add(request.fields.lines);
  if (request.grant !== undefined) to.add(request.grant.requestLines);
  to.add(HOPS[Math.min(head.hops, MAX_HOPS - 1)]!);
  writeRequestIdLine(to, request);
  writeTraceLine(to, request);
  if (head.isChunked) to.add(CHUNKED);
  if (request.wantsUpgrade) writeUpgrade(to, request);
  to.add(CRLF);
}

/** Copies the lines that pass, in runs. */
function writeKeptLines(to: HeadWriter, { bytes, head, headerNames, fields, grant, ids }: ForwardedRequest): void {
  const { lines } = head;
  const hasTrace = ids.traceparent !== undefined;
  const isReplaced = fields?.hostLine !== undefined;
  let runStart = lines.nameStart[0]!;
  for (let index = 0; index < lines.count; index++) {
    const isKeptLine = isKept(bytes, head, index, headerNames) && !(isReplaced && index === head.hostLine);
    const isForeignTrace = hasTrace && isTraceLine(bytes, lines.nameStart[index]!, lines.nameEnd[index]!);
    const isTaken =
      isRemoved(bytes, head, index, grant) ||
      isRemoved(bytes, head, index, fields) ||
      isAliased(bytes, head, index, grant);
    if (isKeptLine && !isForeignTrace && !isTaken) continue;
    to.copy(bytes, runStart, lines.nameStart[index]!);
    runStart = lines.nameStart[index + 1]!;
  }
  to.copy(bytes, runStart, lines.nameStart[lines.count]!);
}

/** A field that only who lets in, or the rule, may write, or one that an endpoint could take for it. */
function isRemoved(
  bytes: Buffer,
  { lines }: RequestHead,
  index: number,
  by: { readonly removes: ReadonlySet<string> } | undefined,
): boolean {
  if (by === undefined || by.removes.size === 0) return false;
  return by.removes.has(sameHeaderName(bytes.toString("latin1", lines.nameStart[index], lines.nameEnd[index])));
}

/** A field that an endpoint could take for one that passes under its exact name alone. */
function isAliased(bytes: Buffer, { lines }: RequestHead, index: number, grant: AccessGrant | undefined): boolean {
  if (grant === undefined || grant.exact.size === 0) return false;
  const name = bytes.toString("latin1", lines.nameStart[index], lines.nameEnd[index]).toLowerCase();
  if (grant.exact.has(name)) return false;
  const same = sameHeaderName(name);
  for (const exact of grant.exact) if (sameHeaderName(exact) === same) return true;
  return false;
}

function isKept(bytes: Buffer, head: RequestHead, index: number, names: HeaderNames): boolean {
  const { lines, connection } = head;
  switch (lines.field[index]) {
    case HeaderField.Other:
      return !connection.names(bytes, lines.nameStart[index]!, lines.nameEnd[index]!);
    case HeaderField.Connection:
    case HeaderField.TransferEncoding:
    case HeaderField.Upgrade:
    case HeaderField.HopByHop:
    case HeaderField.Forwarded:
    case HeaderField.Expect:
    case HeaderField.Hops:
      return false;
    case HeaderField.Trailer:
      return head.isChunked && !connection.names(bytes, lines.nameStart[index]!, lines.nameEnd[index]!);
    case HeaderField.Underscored:
      return names !== "plain" && isHarmless(bytes, head, index);
    case HeaderField.Unusual:
      return names === "any" && isHarmless(bytes, head, index);
    case HeaderField.Host:
      // The authority of an absolute target replaces Host (RFC 9112 section 3.2.2).
      return head.authorityEnd === 0;
    case HeaderField.XRequestId:
      return index === keptRequestId(head);
    default:
      return true;
  }
}

/** An unusual name passes where no endpoint can read it as that of a field that means something to a proxy. */
function isHarmless(bytes: Buffer, { lines, connection }: RequestHead, index: number): boolean {
  const start = lines.nameStart[index]!;
  const end = lines.nameEnd[index]!;
  return aliasedFieldOf(bytes, start, end) === HeaderField.Other && !connection.names(bytes, start, end);
}

/** Writes the lines of the connection, with the port that the client used: of the authority, else as they are. */
function writeClientLines(to: HeadWriter, { bytes, head, clientLines: ofClient }: ForwardedRequest): void {
  const { lines, hostLine, authorityEnd } = head;
  let end = authorityEnd;
  if (end === 0 && hostLine !== -1) end = lines.valueEnd[hostLine]!;
  let start = end;
  while (start > 0 && end - start <= MAX_PORT_DIGITS && bytes[start - 1]! >= 0x30 && bytes[start - 1]! <= 0x39) start--;
  if (ofClient.isPortKnown || start === end || bytes[start - 1] !== COLON) {
    to.add(ofClient.bytes);
    return;
  }
  to.copy(ofClient.bytes, 0, ofClient.portStart);
  to.add(FORWARDED_PORT);
  to.copy(bytes, start, end);
  to.add(CRLF);
}

function writeHost(
  to: HeadWriter,
  { bytes, head, backendHost, fields, clientLines: ofClient }: ForwardedRequest,
): void {
  const { lines, hostLine, authorityStart, authorityEnd } = head;
  const isAbsolute = authorityEnd !== 0;
  if (fields?.hostLine !== undefined) {
    to.add(fields.hostLine);
  } else if (isAbsolute || hostLine === -1) {
    to.add(HOST);
    if (isAbsolute) to.copy(bytes, authorityStart, authorityEnd);
    else to.text(backendHost);
    to.add(CRLF);
  }
  if (ofClient.hostLine !== undefined) {
    to.add(ofClient.hostLine);
    return;
  }
  if (!isAbsolute && hostLine === -1) return;
  to.add(FORWARDED_HOST);
  if (isAbsolute) to.copy(bytes, authorityStart, authorityEnd);
  else to.copy(bytes, lines.valueStart[hostLine]!, lines.valueEnd[hostLine]!);
  to.add(CRLF);
}

/** The line of X-Request-ID whose value goes to the endpoint; -1: another one is made. */
export function keptRequestId({ lines, requestIdLine }: RequestHead): number {
  if (requestIdLine === -1) return -1;
  const length = lines.valueEnd[requestIdLine]! - lines.valueStart[requestIdLine]!;
  return length > 0 && length <= MAX_REQUEST_ID_BYTES ? requestIdLine : -1;
}

function writeRequestIdLine(to: HeadWriter, { head, ids: { requestId } }: ForwardedRequest): void {
  if (keptRequestId(head) !== -1) return;
  to.add(REQUEST_ID);
  if (requestId === undefined) writeRequestId(to);
  else to.add(requestId);
  to.add(CRLF);
}

function writeTraceLine(to: HeadWriter, { ids: { traceparent } }: ForwardedRequest): void {
  if (traceparent === undefined) return;
  to.add(TRACEPARENT);
  to.add(traceparent);
  to.add(CRLF);
}

function writeUpgrade(to: HeadWriter, { bytes, head: { lines, upgradeLine } }: ForwardedRequest): void {
  to.add(UPGRADE);
  to.copy(bytes, lines.valueStart[upgradeLine]!, lines.valueEnd[upgradeLine]!);
  to.add(CRLF);
}
