import { ErrorCode } from "./error-code.ts";
import { Flag, type FrameHead } from "./frame-head.ts";

/** What bounds a block that comes in several frames. */
export interface BlockBounds {
  /** Of a block as it comes. */
  readonly bytes: number;
  /** CONTINUATION frames of it. */
  readonly continuations: number;
}

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
  readonly #bounds: BlockBounds;
  readonly #onBlock: (block: HeaderBlock) => void;
  /** The stream whose block is not whole; 0: none. */
  #stream = 0;
  #isEnd = false;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #frames = 0;

  constructor(bounds: BlockBounds, onBlock: (block: HeaderBlock) => void) {
    this.#bounds = bounds;
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

  /** Takes the block's part of a HEADERS frame (see `headerPayload`); undefined, or why the connection cannot go on. */
  takeHeaders(head: FrameHead, bytes: Uint8Array, start: number, end: number): ErrorCode | undefined {
    const isEnd = head.has(Flag.EndStream);
    if (head.has(Flag.EndHeaders)) {
      this.#onBlock({ stream: head.stream, isEnd, bytes, start, end });
      return undefined;
    }
    this.#stream = head.stream;
    this.#isEnd = isEnd;
    this.#frames = 0;
    return this.#add(bytes.subarray(start, end));
  }

  /** Takes a CONTINUATION frame; undefined, or why the connection cannot go on. */
  takeContinuation(head: FrameHead, bytes: Uint8Array, start: number, end: number): ErrorCode | undefined {
    if (this.#stream === 0 || head.stream !== this.#stream) return ErrorCode.ProtocolError;
    this.#frames += 1;
    if (this.#frames > this.#bounds.continuations) return ErrorCode.EnhanceYourCalm;
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
    // A copy, which slice() of a Buffer is not: the memory is that of the next read.
    this.#parts.push(Uint8Array.from(part));
    return this.#bytes > this.#bounds.bytes ? ErrorCode.EnhanceYourCalm : undefined;
  }
}
