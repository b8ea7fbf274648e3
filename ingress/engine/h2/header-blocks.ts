import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, type FrameHead } from "#src/http2/frame-head.ts";
import { headerPayload } from "#src/http2/header-payload.ts";
import { HTTP2_BOUNDS } from "./http2-bounds.ts";

/** A header block that is whole. */
export interface HeaderBlock {
  readonly stream: number;
  /** The stream ends with it. */
  readonly isEnd: boolean;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Puts header blocks together from HEADERS and CONTINUATION (RFC 9113 section 4.3), which nothing may come between. */
export class HeaderBlocks {
  readonly #maxBytes: number;
  readonly #onBlock: (block: HeaderBlock) => void;
  /** The stream whose block is not whole; 0: none. */
  #stream = 0;
  #isEnd = false;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #frames = 0;

  /** `maxBytes`: of a block as it comes. */
  constructor(maxBytes: number, onBlock: (block: HeaderBlock) => void) {
    this.#maxBytes = maxBytes;
    this.#onBlock = onBlock;
  }

  /** CONTINUATION is awaited, and nothing else. */
  get isWithin(): boolean {
    return this.#stream !== 0;
  }

  /** Memory that is held. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Takes a HEADERS frame; undefined, or why the connection cannot go on. */
  takeHeaders(head: FrameHead, bytes: Uint8Array, start: number, end: number): ErrorCode | undefined {
    const payload = headerPayload(head, bytes, start, end);
    if (payload === undefined || payload.dependsOn === head.stream) return ErrorCode.ProtocolError;
    const isEnd = head.has(Flag.EndStream);
    if (head.has(Flag.EndHeaders)) {
      this.#onBlock({ stream: head.stream, isEnd, bytes, start: payload.start, end: payload.end });
      return undefined;
    }
    this.#stream = head.stream;
    this.#isEnd = isEnd;
    this.#frames = 0;
    return this.#add(bytes.subarray(payload.start, payload.end));
  }

  /** Takes a CONTINUATION frame; undefined, or why the connection cannot go on. */
  takeContinuation(head: FrameHead, bytes: Uint8Array, start: number, end: number): ErrorCode | undefined {
    if (this.#stream === 0 || head.stream !== this.#stream) return ErrorCode.ProtocolError;
    this.#frames += 1;
    if (this.#frames > HTTP2_BOUNDS.continuations) return ErrorCode.EnhanceYourCalm;
    const fault = this.#add(bytes.subarray(start, end));
    if (fault !== undefined || !head.has(Flag.EndHeaders)) return fault;
    const block = Buffer.concat(this.#parts);
    this.clear();
    this.#onBlock({ stream: head.stream, isEnd: this.#isEnd, bytes: block, start: 0, end: block.length });
    return undefined;
  }

  clear(): void {
    this.#stream = this.#bytes = 0;
    this.#parts = [];
  }

  #add(part: Uint8Array): ErrorCode | undefined {
    this.#bytes += part.length;
    // A copy: the memory is that of the next read.
    this.#parts.push(Uint8Array.from(part));
    return this.#bytes > this.#maxBytes ? ErrorCode.EnhanceYourCalm : undefined;
  }
}
