import type { Acknowledgement } from "#src/linux/acknowledgement.ts";
import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, FrameType } from "#src/http2/frame-head.ts";
import type { HeaderLines } from "#src/http2/header-lines.ts";
import { ReceiveWindow } from "#src/http2/receive-window.ts";
import { USUAL_WINDOW_BYTES } from "#src/http2/settings.ts";
import type { EndpointFailure } from "#ingress/engine/counters.ts";
import { endpointFault } from "#ingress/engine/endpoint-fault.ts";
import type { FrameBuffers } from "#ingress/engine/frame-buffers.ts";
import type { Connection, OutgoingEvents } from "#ingress/io/connection.ts";
import { MAX_INTERIM_ANSWERS } from "#ingress/engine/limits.ts";
import { answerText, trailersText } from "./answer-text.ts";
import type { EndpointSession } from "./endpoint-session.ts";
import { type RequestBlock, requestBlock, trailerBlock } from "./request-block.ts";
import { RequestSender } from "./request-sender.ts";

const NOTHING = Buffer.alloc(0);
const CHUNK_END = Buffer.from("\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");
/** More pieces of an answer that waits become one, so that small ones take no more memory than large ones. */
const MAX_PIECES = 64;

/**
 * One stream of a connection by HTTP/2, as a connection of HTTP/1.1 for one request: it takes the text of a request, and gives that of
 * the answer, so that both are read, bounded and refused by the same code.
 */
export class StreamConnection implements Connection {
  readonly remoteAddress: string;
  /** 0: not sent yet. */
  id = 0;
  /** What the endpoint takes of the body; below 0 where it has taken back what was used (RFC 9113 section 6.9.2). */
  sendWindow = 0;
  /** It was taken to another connection once, before it was sent. */
  hasMoved = false;
  /** Given up after a whole answer, whose last frame may be still to come: what else comes is dropped. */
  isDropped = false;
  request: RequestBlock | undefined;
  sender: RequestSender | undefined;
  #session: EndpointSession;
  readonly #events: OutgoingEvents;
  #phase: "head" | "body" | "ended" | "closed" = "head";
  readonly #window = new ReceiveWindow(USUAL_WINDOW_BYTES);
  /** Of an answer that says its length; -1: it comes in chunks. */
  #left = -1;
  readonly #waiting: Buffer[] = [];
  /** How much of the flow-control window that takes. */
  #waitingData = 0;
  #interims = 0;
  #isToHead = false;
  #isPaused = false;
  #isDelivering = false;
  #isEndSent = false;
  /** `onDrain` is awaited. */
  #owesDrain = false;

  constructor(session: EndpointSession, events: OutgoingEvents) {
    this.#session = session;
    this.#events = events;
    this.remoteAddress = session.endpoint.address;
  }

  acknowledgement(): Acknowledgement | undefined {
    return this.#session.acknowledgement();
  }

  get localPort(): number {
    return this.#session.localPort;
  }

  get isSecure(): boolean {
    return this.#session.secure !== undefined;
  }

  get queuedBytes(): number {
    return this.sender?.isWaiting === true ? 1 : 0;
  }

  /** The first bytes hold the head of the request, whole. */
  send(bytes: Buffer, start: number, end: number): boolean {
    if (this.#phase === "closed" || this.#phase === "ended") return true;
    let bodyStart = start;
    if (this.sender === undefined) {
      this.request = requestBlock(bytes, start, end, this.isSecure ? "https" : "http");
      this.sender = new RequestSender(this.request);
      this.#isToHead = this.request.isToHead;
      ({ bodyStart } = this.request);
    }
    this.sender.add(bytes, bodyStart, end);
    this.#session.sendRequest(this);
    this.#owesDrain = this.sender.isWaiting;
    return !this.#owesDrain;
  }

  /** The connection is open, and the head was sent; `isEnd`: nothing follows it. */
  onSent(id: number, sendWindow: number, isEnd: boolean): void {
    this.id = id;
    this.sendWindow = sendWindow;
    this.request = undefined;
    this.#isEndSent = isEnd;
  }

  /**
   * Sends one frame of data, of at most so many bytes, and the end where nothing follows; returns how many it had. `hasMore`: there is data
   * that its window takes, or an end that the connection does not.
   */
  sendData(room: number, output: FrameBuffers): { readonly bytes: number; readonly hasMore: boolean } {
    const sender = this.sender!;
    const run = sender.peek();
    const bytes = run === undefined ? 0 : Math.max(0, Math.min(run.end - run.start, room, this.sendWindow));
    if (run !== undefined && bytes > 0) {
      sender.advance(bytes);
      this.sendWindow -= bytes;
      this.#addData(output, run.bytes.subarray(run.start, run.start + bytes));
    }
    if (sender.isDone && !this.#isEndSent) this.#sendEnd(output);
    const hasData = sender.peek() !== undefined && this.sendWindow > 0;
    return { bytes, hasMore: hasData || (sender.isDone && !this.#isEndSent) };
  }

  #addData(output: FrameBuffers, data: Uint8Array): void {
    this.#isEndSent = this.sender!.isAtEnd;
    output.addFrame({ type: FrameType.Data, flags: this.#isEndSent ? Flag.EndStream : 0, stream: this.id }, data);
  }

  /** Flow control does not count trailers: they wait for the connection alone. */
  #sendEnd(output: FrameBuffers): void {
    const { trailers } = this.sender!;
    if (trailers === undefined) {
      this.#addData(output, NOTHING);
    } else if (!output.isStalled) {
      this.#isEndSent = true;
      output.addBlock(this.id, trailerBlock(trailers), true);
    }
  }

  /** To be called when what was sent counts: more of the request may come, and be sent, during the call. */
  drainIfSent(): void {
    if (!this.#owesDrain || this.sender?.isWaiting === true) return;
    this.#owesDrain = false;
    if (this.#phase !== "closed") this.#events.onDrain();
  }

  onConnect(): void {
    if (this.#phase !== "closed") this.#events.onConnect();
  }

  moveTo(session: EndpointSession): void {
    this.#session = session;
    this.hasMoved = true;
  }

  /** A header block came, whole. */
  onBlock(lines: HeaderLines, isEnd: boolean): void {
    if (lines.isTooLarge) this.fail("answer-head-too-large", ErrorCode.Cancel);
    else if (this.#phase === "head") this.#onHead(lines, isEnd);
    else this.#onTrailers(lines, isEnd);
  }

  /** DATA begins: all of its length counts. False: it is more than was allowed. */
  onDataHead(length: number): boolean {
    return this.#window.receive(length);
  }

  onData(bytes: Uint8Array, start: number, end: number): void {
    if (this.#phase !== "body") {
      this.fail("answer-malformed", ErrorCode.ProtocolError);
      return;
    }
    const length = end - start;
    if (this.#left === -1) {
      const size = Buffer.from(`${length.toString(16)}\r\n`, "latin1");
      this.#give(Buffer.concat([size, bytes.subarray(start, end), CHUNK_END]), length);
      return;
    }
    this.#left -= length;
    // RFC 9113 section 8.1.1: the length that is said is that of the data.
    if (this.#left < 0) this.fail("answer-body-malformed", ErrorCode.ProtocolError);
    else this.#give(Buffer.from(bytes.subarray(start, end)), length);
  }

  /** So much of the window is free again: of data that was delivered, or of padding. */
  addCredit(bytes: number): void {
    const grown = this.#window.take(bytes);
    if (grown > 0 && this.#phase !== "closed" && this.#phase !== "ended") this.#session.openWindow(this.id, grown);
  }

  /** The endpoint has ended the stream. */
  onEnd(): void {
    if (this.#phase !== "body" || this.#left > 0) this.fail("answer-body-malformed", ErrorCode.ProtocolError);
    else this.#end(this.#left === -1 ? LAST_CHUNK : undefined);
  }

  /** The endpoint has reset the stream. */
  onReset(code: number): void {
    this.#lose(code === ErrorCode.RefusedStream ? "stream-refused" : "endpoint-closed", true);
  }

  /** The endpoint has said that it has not looked at this stream, and ends its connection. */
  onRefused(): void {
    this.#lose("stream-refused", false);
  }

  /** The connection is gone. */
  onLost(error: Error | undefined): void {
    if (this.#phase === "ended" || this.#phase === "closed") return;
    this.#close();
    this.#events.onClose(error);
  }

  /** Ends the stream, because the answer is not what it has to be. */
  fail(failure: EndpointFailure, code: ErrorCode): void {
    this.#session.reset(this, code);
    this.#lose(failure, true);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#waiting.length > 0 || this.#phase === "ended") this.deliver();
  }

  /** No protocol is changed on a stream: it has no other end than that of its request. */
  end(): boolean {
    return true;
  }

  finish(): void {
    this.close();
  }

  abort(): void {
    this.close();
  }

  close(): void {
    if (this.#phase === "closed") return;
    const isWhole = this.#phase === "body" && this.#left === 0 && this.#isEndSent;
    const isOpen = this.#phase !== "ended";
    this.#close();
    if (!isOpen) return;
    if (isWhole) this.#session.drop(this);
    else this.#session.reset(this, ErrorCode.Cancel);
  }

  #close(): void {
    this.#phase = "closed";
    this.#waiting.length = 0;
    this.sender?.clear();
  }

  #lose(failure: EndpointFailure, isOfStream: boolean): void {
    this.onLost(endpointFault(failure, isOfStream));
  }

  #onHead(lines: HeaderLines, isEnd: boolean): void {
    const answer = answerText(lines, { isEnd, isToHead: this.#isToHead });
    if (answer === undefined) {
      this.fail("answer-malformed", ErrorCode.ProtocolError);
      return;
    }
    this.#interims += 1;
    if (answer.status >= 200) {
      this.#phase = "body";
      this.#left = answer.contentLength;
    } else if (this.#interims > MAX_INTERIM_ANSWERS) {
      this.fail("answer-malformed", ErrorCode.EnhanceYourCalm);
      return;
    }
    this.#give(answer.text, 0);
    if (isEnd && this.#phase === "body") this.#end(undefined);
  }

  #onTrailers(lines: HeaderLines, isEnd: boolean): void {
    const text = isEnd && this.#left <= 0 ? trailersText(lines) : undefined;
    if (text === undefined) this.fail("answer-body-malformed", ErrorCode.ProtocolError);
    else this.#end(this.#left === -1 ? text : undefined);
  }

  /** The answer is whole: what of the request was not sent is of no use. */
  #end(last: Buffer | undefined): void {
    if (this.#phase !== "body") return;
    this.#phase = "ended";
    if (this.#isEndSent) this.#session.forget(this);
    else this.#session.reset(this, ErrorCode.NoError);
    if (last === undefined) this.#session.touch(this);
    else this.#give(last, 0);
  }

  #give(text: Buffer, dataBytes: number): void {
    this.#waiting.push(text);
    this.#waitingData += dataBytes;
    if (this.#waiting.length > MAX_PIECES) this.#waiting.push(Buffer.concat(this.#waiting.splice(0)));
    this.#session.touch(this);
  }

  /** Gives what came of the answer to its receiver, in one piece. */
  deliver(): void {
    if (this.#isPaused || this.#isDelivering || this.#phase === "closed") return;
    const pieces = this.#waiting.splice(0);
    this.addCredit(this.#waitingData);
    this.#waitingData = 0;
    const text = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    this.#isDelivering = true;
    if (text.length > 0) this.#events.onData(text, 0, text.length);
    this.#isDelivering = false;
    // Who has read the whole answer is gone by now.
    if (this.#phase === "ended" && !this.#isPaused) {
      this.#phase = "closed";
      this.#events.onEnd();
    }
  }
}
