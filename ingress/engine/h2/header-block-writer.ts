import { HeaderEncoder, NO_TABLE } from "#src/http2/header-encoder.ts";
import { USUAL_FRAME_BYTES } from "#src/http2/settings.ts";
import { COLON, CR, isBlank, spells } from "#ingress/engine/ascii.ts";
import type { FrameOutput } from "./frame-output.ts";

/** About one connection of HTTP/1.1 (RFC 9113 section 8.2.2), and what answers the key of a tunnel that is the proxy's own (RFC 8441 section 5). */
const DROPPED: readonly Buffer[] = [
  "connection",
  "transfer-encoding",
  "upgrade",
  "keep-alive",
  "proxy-connection",
  "sec-websocket-accept",
].map((name) => Buffer.from(name));

/** `HTTP/1.1 ` */
const STATUS_AT = 9;
/** `HTTP/1.1 200` */
const STATUS_END = 12;

/** A head in the text of HTTP/1.1, or lines of trailers alone, in bytes from `start` to `end`. */
interface HeadText {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Undefined: they are trailers, which end the stream. */
  readonly status: string | undefined;
}

/** The head of an answer in these bytes; a tunnel that was opened has status 200 in HTTP/2 (RFC 8441 section 5). */
export function headText(bytes: Buffer, end: number): HeadText {
  const status = bytes.toString("latin1", STATUS_AT, STATUS_END);
  let start = STATUS_END;
  while (bytes[start] !== CR) start++;
  return { bytes, start: start + 2, end, status: status === "101" ? "200" : status };
}

/** Writes header blocks of answers and trailers, from their text in HTTP/1.1. */
export class HeaderBlockWriter {
  readonly #encoder = new HeaderEncoder();
  #text: HeadText | undefined;
  #isTableTold = false;

  /** Writes them as HEADERS, and CONTINUATION where one frame does not hold them; returns the bytes of the block. */
  write(output: FrameOutput, stream: number, text: HeadText): number {
    this.#text = text;
    this.#isTableTold = output.mustTellTable;
    output.mustTellTable = false;
    const isEnd = text.status === undefined;
    // A line has four bytes at least besides its name and value, and a field in a block takes twelve.
    const most = 3 * (text.end - text.start) + 2 * STATUS_END;
    if (most <= USUAL_FRAME_BYTES) return output.addHeaders({ stream, isEnd }, most, this.#encode);
    const bytes = Buffer.allocUnsafe(most);
    const block = bytes.subarray(0, this.#encode(bytes, 0));
    output.addBlock(stream, block, isEnd);
    return block.length;
  }

  readonly #encode = (to: Buffer, start: number): number => {
    const { bytes, start: textStart, end, status } = this.#text!;
    const encoder = this.#encoder;
    if (this.#isTableTold) to[start] = NO_TABLE;
    encoder.begin(to, start + Number(this.#isTableTold), bytes);
    if (status !== undefined) encoder.status(status);
    for (let at = textStart; at < end && bytes[at] !== CR;) at = this.#encodeLine(bytes, at);
    return encoder.at;
  };

  /** Returns the position after the line. */
  #encodeLine(bytes: Buffer, nameStart: number): number {
    let nameEnd = nameStart;
    while (bytes[nameEnd] !== COLON) nameEnd++;
    let valueStart = nameEnd + 1;
    while (isBlank(bytes[valueStart]!)) valueStart++;
    let lineEnd = valueStart;
    while (bytes[lineEnd] !== CR) lineEnd++;
    let valueEnd = lineEnd;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
    if (!isDropped(bytes, nameStart, nameEnd)) this.#encoder.field(nameStart, nameEnd, valueStart, valueEnd);
    return lineEnd + 2;
  }
}

function isDropped(bytes: Buffer, start: number, end: number): boolean {
  for (let index = 0; index < DROPPED.length; index++) {
    if (DROPPED[index]!.length === end - start && spells(bytes, start, end, DROPPED[index]!)) return true;
  }
  return false;
}
