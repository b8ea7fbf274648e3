import { ENCODED_FIELD_BYTES, HeaderEncoder } from "#src/http2/header-encoder.ts";
import { COLON, CR, decimal, isBlank, LF, SPACE, spells } from "#ingress/engine/ascii.ts";

/** The four pseudo-header fields and `te: trailers`. */
const ADDED_BYTES = 256;
/** What says where a line of HTTP/1.1 ends is at least so long: a name of one letter, colon, CR and LF. */
const SHORTEST_LINE_BYTES = 4;

const HOST = Buffer.from("host");
const CONTENT_LENGTH = Buffer.from("content-length");
const TRANSFER_ENCODING = Buffer.from("transfer-encoding");
/** About one connection of HTTP/1.1 (RFC 9113 section 8.2.2); what of that means something here is said in another way. */
const DROPPED: readonly Buffer[] = [
  HOST,
  TRANSFER_ENCODING,
  ...["connection", "keep-alive", "proxy-connection", "upgrade", "te"].map((name) => Buffer.from(name)),
];

/** The head of a request as HTTP/2 has it. */
export interface RequestBlock {
  readonly block: Buffer;
  /** Where the body begins in the bytes of the head. */
  readonly bodyStart: number;
  readonly isToHead: boolean;
  /** The body comes in chunks of HTTP/1.1. */
  readonly isChunked: boolean;
  /** Bytes of the body, where it does not come in chunks. */
  readonly contentLength: number;
}

const encoder = new HeaderEncoder();

/**
 * The header block for a head that was written for an endpoint of HTTP/1.1, whole and by us: so everything that is done to the heads of
 * requests holds for both. Trailers of answers are taken, whatever the client takes.
 */
export function requestBlock(bytes: Buffer, start: number, end: number, scheme: "http" | "https"): RequestBlock {
  const methodEnd = bytes.indexOf(SPACE, start);
  const targetEnd = bytes.indexOf(SPACE, methodEnd + 1);
  const linesStart = bytes.indexOf(LF, targetEnd) + 1;
  const block = Buffer.allocUnsafe(mostBlockBytes(end - start) + ADDED_BYTES);
  const method = bytes.toString("latin1", start, methodEnd);
  let isChunked = false;
  let contentLength = 0;
  encoder.begin(block, 0, bytes);
  encoder.texts(":method", method);
  encoder.texts(":scheme", scheme);
  encoder.texts(":path", bytes.toString("latin1", methodEnd + 1, targetEnd));
  const bodyStart = eachLine(bytes, linesStart, (line) => {
    if (isNamed(bytes, line, HOST))
      encoder.texts(":authority", bytes.toString("latin1", line.valueStart, line.valueEnd));
  });
  eachLine(bytes, linesStart, (line) => {
    if (isNamed(bytes, line, TRANSFER_ENCODING)) isChunked = true;
    if (isNamed(bytes, line, CONTENT_LENGTH)) contentLength = decimal(bytes, line.valueStart, line.valueEnd);
    if (DROPPED.some((name) => isNamed(bytes, line, name))) return;
    encoder.field(line.nameStart, line.nameEnd, line.valueStart, line.valueEnd);
  });
  encoder.texts("te", "trailers");
  return { block: block.subarray(0, encoder.at), bodyStart, isToHead: method === "HEAD", isChunked, contentLength };
}

/** The header block for trailers of a request: whole lines, without the empty one behind them, that a reader of requests has let pass. */
export function trailerBlock(lines: string): Buffer {
  const bytes = Buffer.from(`${lines}\r\n`, "latin1");
  const block = Buffer.allocUnsafe(mostBlockBytes(bytes.length));
  encoder.begin(block, 0, bytes);
  eachLine(bytes, 0, ({ nameStart, nameEnd, valueStart, valueEnd }) =>
    encoder.field(nameStart, nameEnd, valueStart, valueEnd),
  );
  return block.subarray(0, encoder.at);
}

/** The most bytes of the fields of a text of lines. */
function mostBlockBytes(textBytes: number): number {
  return textBytes + Math.ceil(textBytes / SHORTEST_LINE_BYTES) * ENCODED_FIELD_BYTES;
}

interface Line {
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** Calls back for each line; returns the position after the empty one. */
function eachLine(bytes: Buffer, start: number, onLine: (line: Line) => void): number {
  let at = start;
  while (bytes[at] !== CR) {
    const nameEnd = bytes.indexOf(COLON, at);
    const lineEnd = bytes.indexOf(CR, nameEnd);
    let valueStart = nameEnd + 1;
    let valueEnd = lineEnd;
    while (valueStart < valueEnd && isBlank(bytes[valueStart]!)) valueStart++;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
    onLine({ nameStart: at, nameEnd, valueStart, valueEnd });
    at = lineEnd + 2;
  }
  return at + 2;
}

function isNamed(bytes: Buffer, { nameStart, nameEnd }: Line, name: Uint8Array): boolean {
  return spells(bytes, nameStart, nameEnd, name);
}
