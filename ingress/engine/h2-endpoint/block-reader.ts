import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, type FrameHead, FrameType } from "#src/http2/frame-head.ts";
import { HeaderDecoder } from "#src/http2/header-decoder.ts";
import { HeaderLines } from "#src/http2/header-lines.ts";
import { headerPayload } from "#src/http2/header-payload.ts";
import { HEADER_BOUNDS, MAX_CONTINUATIONS } from "./bounds.ts";

/** One for all connections: what a block holds is taken out within the call that it comes in. */
const LINES = new HeaderLines(HEADER_BOUNDS);

/** What a frame of a header block leads to. */
type BlockRead =
  | { readonly kind: "part" }
  /** `lines` has the fields, until the next block of any connection is read. */
  | { readonly kind: "whole"; readonly stream: number; readonly isEnd: boolean }
  | { readonly kind: "fault"; readonly code: ErrorCode };

const PART: BlockRead = { kind: "part" };

/** Puts the header blocks of one connection together from HEADERS and CONTINUATION, and reads them. */
export class BlockReader {
  readonly lines = LINES;
  readonly #decoder = new HeaderDecoder(HEADER_BOUNDS.tableBytes);
  /** Of the block that is under way; 0: none. */
  #stream = 0;
  #isEnd = false;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** CONTINUATION has to come next. */
  get isWithin(): boolean {
    return this.#stream !== 0;
  }

  /** Adds the payload of a HEADERS or CONTINUATION frame. */
  add(head: FrameHead, bytes: Uint8Array, start: number, end: number): BlockRead {
    let part = { start, end };
    if (head.type === FrameType.Headers) {
      const payload = headerPayload(head, bytes, start, end);
      if (payload === undefined) return { kind: "fault", code: ErrorCode.ProtocolError };
      part = payload;
      this.#isEnd = head.has(Flag.EndStream);
      if (head.has(Flag.EndHeaders)) return this.#decode(head.stream, bytes, part.start, part.end);
      this.#stream = head.stream;
    } else if (head.stream !== this.#stream) {
      return { kind: "fault", code: ErrorCode.ProtocolError };
    }
    // A copy, which slice() of a Buffer is not: the memory is that of the next read.
    return this.#hold(head, Uint8Array.from(bytes.subarray(part.start, part.end)));
  }

  #hold(head: FrameHead, part: Uint8Array): BlockRead {
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#parts.length > MAX_CONTINUATIONS || this.#bytes > HEADER_BOUNDS.blockBytes)
      return { kind: "fault", code: ErrorCode.EnhanceYourCalm };
    if (!head.has(Flag.EndHeaders)) return PART;
    const block = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    this.#stream = 0;
    return this.#decode(head.stream, block, 0, block.length);
  }

  #decode(stream: number, bytes: Uint8Array, start: number, end: number): BlockRead {
    const isEnd = this.#isEnd;
    return this.#decoder.decode(bytes, start, end, LINES)
      ? { kind: "whole", stream, isEnd }
      : { kind: "fault", code: ErrorCode.CompressionError };
  }
}
