import { spells } from "./ascii.ts";
import type { RequestHead } from "./request-head.ts";
import { writeRandomHex } from "./request-id.ts";

/** What becomes of requests without a trace context (W3C Trace Context): nothing, or one is made. */
export const TRACE_CONTEXTS = ["pass", "make"] as const;

export type TraceContext = (typeof TRACE_CONTEXTS)[number];

/** `00-` trace id `-` parent id `-` flags (W3C Trace Context section 3.2). */
const VALUE_BYTES = 55;
const TRACE_ID_START = 3;
export const TRACE_ID_BYTES = 32;
const PARENT_ID_START = 36;
const PARENT_ID_BYTES = 16;
const HYPHENS = [2, 35, 52];
const HYPHEN = 0x2d;
const ZERO = 0x30;
const F = 0x66;
/** Sampled: endpoints whose tracers go by their caller record the request. */
const TEMPLATE = Buffer.from("00-00000000000000000000000000000000-0000000000000000-01");

const TRACEPARENT = Buffer.from("traceparent");
const TRACESTATE = Buffer.from("tracestate");

/** Where the value of the trace context of a request begins; -1: there is none, or none that can be read. */
export function findTraceparent(bytes: Buffer, { lines }: RequestHead): number {
  let found = -1;
  for (let index = 0; index < lines.count; index++) {
    if (!spells(bytes, lines.nameStart[index]!, lines.nameEnd[index]!, TRACEPARENT)) continue;
    // Of two, the endpoint could take the other one.
    if (found !== -1) return -1;
    found = index;
  }
  if (found === -1) return -1;
  const start = lines.valueStart[found]!;
  return isTraceparent(bytes, start, lines.valueEnd[found]!) ? start : -1;
}

/** Where the trace id is in a value that begins here. */
export function traceIdStart(valueStart: number): number {
  return valueStart + TRACE_ID_START;
}

/** Whether a line belongs to the trace context. */
export function isTraceLine(bytes: Buffer, start: number, end: number): boolean {
  return spells(bytes, start, end, TRACEPARENT) || spells(bytes, start, end, TRACESTATE);
}

/** Writes a new trace context of 55 bytes. */
export function makeTraceparent(into: Buffer): void {
  TEMPLATE.copy(into);
  writeRandomHex(into, TRACE_ID_START, TRACE_ID_BYTES / 2);
  writeRandomHex(into, PARENT_ID_START, PARENT_ID_BYTES / 2);
}

/** Room for a new trace context. */
export function traceparentBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(VALUE_BYTES);
}

function isTraceparent(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (length < VALUE_BYTES) return false;
  for (let at = 0; at < VALUE_BYTES; at++) {
    const byte = bytes[start + at]!;
    if (HYPHENS.includes(at) ? byte !== HYPHEN : !isHexDigit(byte)) return false;
  }
  const isVersion = (digit: number): boolean => bytes[start] === digit && bytes[start + 1] === digit;
  // Version ff is invalid; those after 00 may have more behind a hyphen.
  if (isVersion(F)) return false;
  if (length > VALUE_BYTES && (isVersion(ZERO) || bytes[start + VALUE_BYTES] !== HYPHEN)) return false;
  return (
    !isZero(bytes, start + TRACE_ID_START, TRACE_ID_BYTES) && !isZero(bytes, start + PARENT_ID_START, PARENT_ID_BYTES)
  );
}

/** Small letters alone are allowed. */
function isHexDigit(byte: number): boolean {
  return (byte >= ZERO && byte <= 0x39) || (byte >= 0x61 && byte <= F);
}

function isZero(bytes: Buffer, start: number, count: number): boolean {
  for (let at = start; at < start + count; at++) if (bytes[at] !== ZERO) return false;
  return true;
}
