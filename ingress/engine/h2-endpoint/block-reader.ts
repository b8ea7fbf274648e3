import { ErrorCode } from "#src/http2/error-code.ts";
import { type FrameHead, FrameType } from "#src/http2/frame-head.ts";
import { type HeaderBlock, HeaderBlocks } from "#src/http2/header-blocks.ts";
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
  readonly #blocks = new HeaderBlocks(
    { bytes: HEADER_BOUNDS.blockBytes, continuations: MAX_CONTINUATIONS },
    (block) => (this.#read = this.#decode(block)),
  );
  #read = PART;

  /** CONTINUATION has to come next. */
  get isWithin(): boolean {
    return this.#blocks.isWithin;
  }

  /** Adds the payload of a HEADERS or CONTINUATION frame. */
  add(head: FrameHead, bytes: Uint8Array, start: number, end: number): BlockRead {
    this.#read = PART;
    const fault = this.#take(head, bytes, start, end);
    return fault === undefined ? this.#read : { kind: "fault", code: fault };
  }

  #take(head: FrameHead, bytes: Uint8Array, start: number, end: number): ErrorCode | undefined {
    if (head.type === FrameType.Continuation) return this.#blocks.takeContinuation(head, bytes, start, end);
    const payload = headerPayload(head, bytes, start, end);
    if (payload === undefined) return ErrorCode.ProtocolError;
    return this.#blocks.takeHeaders(head, bytes, payload.start, payload.end);
  }

  #decode({ stream, isEnd, bytes, start, end }: HeaderBlock): BlockRead {
    return this.#decoder.decode(bytes, start, end, LINES)
      ? { kind: "whole", stream, isEnd }
      : { kind: "fault", code: ErrorCode.CompressionError };
  }
}
