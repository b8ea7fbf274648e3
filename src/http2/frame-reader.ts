import { ErrorCode } from "./error-code.ts";
import { frameFault } from "./frame-fault.ts";
import { Flag, FRAME_HEAD_BYTES, FrameHead, FrameType } from "./frame-head.ts";

/** Gets what is read. The head is good until the next frame. */
export interface FrameReceiver {
  /** A whole frame, other than DATA; its payload is good during the call only. */
  onFrame(head: FrameHead, bytes: Uint8Array, start: number, end: number): void;
  /** DATA begins: all of its length counts for flow control. */
  onDataHead(head: FrameHead): void;
  /** A part of the data, without padding. */
  onDataBytes(head: FrameHead, bytes: Uint8Array, start: number, end: number): void;
  onDataEnd(head: FrameHead): void;
  /** The frame cannot be right: an error of the connection. Nothing further is read. */
  onFrameFault(code: ErrorCode): void;
}

const NOTHING = new Uint8Array(0);

/**
 * Cuts what comes on a connection into frames (RFC 9113 section 4), however it came: DATA passes as it comes, all other frames when
 * they are whole. Holds at most one frame.
 */
export class FrameReader {
  readonly #receiver: FrameReceiver;
  readonly #maxFrameBytes: number;
  readonly #head = new FrameHead();
  #isStopped = false;
  #isYielding = false;
  /** The beginning of a frame whose rest has not come. */
  #held = NOTHING;
  #heldBytes = 0;
  /** Data of the present frame that is still to come; -1: none is under way, or it is not known yet. */
  #dataBytes = -1;
  #paddingBytes = 0;
  #awaitsPadding = false;

  constructor(receiver: FrameReceiver, maxFrameBytes: number) {
    this.#receiver = receiver;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Memory that is held. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** Part of a frame has come. */
  get isWithinFrame(): boolean {
    return this.#heldBytes > 0 || this.#dataBytes !== -1 || this.#awaitsPadding;
  }

  /** Nothing further is read. */
  stop(): void {
    this.#isStopped = true;
    this.#forget();
  }

  /** What follows the present frame waits: `read` returns. */
  yield(): void {
    this.#isYielding = true;
  }

  /** Reads on; returns how far: to the end, unless `yield` was called. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    this.#isYielding = false;
    while (at < end && !this.#isStopped && !this.#isYielding) {
      if (this.#dataBytes !== -1) at = this.#readData(bytes, at, end);
      else if (this.#awaitsPadding) at = this.#readPadding(bytes, at);
      else if (this.#heldBytes > 0) at = this.#readHeld(bytes, at, end);
      else at = this.#readFrame(bytes, at, end);
    }
    return this.#isStopped ? end : at;
  }

  #readFrame(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < FRAME_HEAD_BYTES) return this.#hold(bytes, at, end);
    if (!this.#takeHead(bytes, at)) return end;
    const { type, length } = this.#head;
    const payload = at + FRAME_HEAD_BYTES;
    if (type === FrameType.Data) return payload;
    if (end - payload < length) return this.#hold(bytes, at, end);
    this.#receiver.onFrame(this.#head, bytes, payload, payload + length);
    return payload + length;
  }

  /** False: the frame cannot be right. DATA is begun, except for its padding. */
  #takeHead(bytes: Uint8Array, at: number): boolean {
    const head = this.#head;
    head.read(bytes, at);
    const fault = frameFault(head, this.#maxFrameBytes);
    if (fault !== undefined) return this.#fail(fault);
    if (head.type === FrameType.Data) this.#startData(head);
    return !this.#isStopped;
  }

  #startData(head: FrameHead): void {
    if (head.has(Flag.Padded) && head.length === 0) {
      this.#fail(ErrorCode.FrameSizeError);
      return;
    }
    this.#receiver.onDataHead(head);
    this.#paddingBytes = 0;
    this.#awaitsPadding = head.has(Flag.Padded);
    this.#dataBytes = this.#awaitsPadding ? -1 : head.length;
    if (head.length === 0) this.#endData();
  }

  #readPadding(bytes: Uint8Array, at: number): number {
    const padding = bytes[at]!;
    const { length } = this.#head;
    this.#awaitsPadding = false;
    this.#paddingBytes = padding;
    this.#dataBytes = length - 1 - padding;
    if (this.#dataBytes < 0) this.#fail(ErrorCode.ProtocolError);
    else if (length === 1) this.#endData();
    return at + 1;
  }

  #readData(bytes: Uint8Array, start: number, end: number): number {
    const dataEnd = Math.min(end, start + this.#dataBytes);
    if (dataEnd > start) {
      this.#dataBytes -= dataEnd - start;
      this.#receiver.onDataBytes(this.#head, bytes, start, dataEnd);
    }
    const paddingEnd = Math.min(end, dataEnd + (this.#dataBytes === 0 ? this.#paddingBytes : 0));
    this.#paddingBytes -= paddingEnd - dataEnd;
    if (this.#dataBytes === 0 && this.#paddingBytes === 0) this.#endData();
    return paddingEnd;
  }

  #endData(): void {
    this.#dataBytes = -1;
    if (!this.#isStopped) this.#receiver.onDataEnd(this.#head);
  }

  /** Keeps the beginning of a frame. */
  #hold(bytes: Uint8Array, at: number, end: number): number {
    this.#held = new Uint8Array(end - at >= FRAME_HEAD_BYTES ? FRAME_HEAD_BYTES + this.#head.length : FRAME_HEAD_BYTES);
    this.#held.set(bytes.subarray(at, end));
    this.#heldBytes = end - at;
    return end;
  }

  /** Adds to what is held: first the rest of its head, then that of its payload. */
  #readHeld(bytes: Uint8Array, at: number, end: number): number {
    const next = Math.min(end, at + this.#held.length - this.#heldBytes);
    this.#held.set(bytes.subarray(at, next), this.#heldBytes);
    this.#heldBytes += next - at;
    if (this.#heldBytes < this.#held.length) return next;
    if (this.#held.length > FRAME_HEAD_BYTES) this.#releaseFrame(this.#held);
    else this.#onHeldHead(this.#held);
    return next;
  }

  /** The head is whole: it needs no payload, or room for it. */
  #onHeldHead(held: Uint8Array): void {
    if (!this.#takeHead(held, 0)) return;
    const { type, length } = this.#head;
    if (type === FrameType.Data) {
      this.#forget();
    } else if (length === 0) {
      this.#releaseFrame(held);
    } else {
      this.#held = new Uint8Array(FRAME_HEAD_BYTES + length);
      this.#held.set(held);
    }
  }

  #releaseFrame(held: Uint8Array): void {
    this.#forget();
    this.#receiver.onFrame(this.#head, held, FRAME_HEAD_BYTES, held.length);
  }

  #forget(): void {
    this.#held = NOTHING;
    this.#heldBytes = 0;
  }

  #fail(code: ErrorCode): false {
    this.stop();
    this.#receiver.onFrameFault(code);
    return false;
  }
}
