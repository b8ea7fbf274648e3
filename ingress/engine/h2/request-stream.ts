import { ErrorCode } from "#src/http2/error-code.ts";
import { ReceiveWindow } from "#src/http2/receive-window.ts";
import type { ResponseEdit } from "#src/filters/response-edit.ts";
import type { AnswerHead, ClientStream } from "#ingress/engine/client-stream.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import type { AnswerCause } from "#ingress/engine/decide-request.ts";
import { Exchange } from "#ingress/engine/exchange.ts";
import { type AnswerStatus, headLength, printAnswer } from "#ingress/engine/h1/answer.ts";
import { BodyReader } from "#ingress/engine/h1/body-reader.ts";
import { writeAnswerHead } from "#ingress/engine/h1/write-answer-head.ts";
import { requestFault } from "#ingress/engine/request-fault.ts";
import { methodIs, type RequestHead } from "#ingress/engine/request-head.ts";
import type { ResponseReason } from "#ingress/engine/response-reason.ts";
import type { Connection } from "#ingress/io/connection.ts";
import { AnswerQueue, type AnswerSink } from "./answer-queue.ts";
import type { BodyTaker } from "./body-scratch.ts";
import type { FrameOutput } from "./frame-output.ts";
import { HTTP2_BOUNDS } from "./http2-bounds.ts";
import { RequestQueue } from "./request-queue.ts";
import type { RequestText } from "./request-text.ts";
import { headText } from "./header-block-writer.ts";

/** The connection of a stream. */
export interface StreamOwner {
  readonly output: FrameOutput;
  readonly dataRoom: number;
  readonly isCrowded: boolean;
  sendData(stream: RequestStream, bytes: Buffer, start: number, end: number): void;
  awaitRoom(stream: RequestStream): void;
  /** So many bytes of a request have been taken: the client may send more. */
  credit(stream: RequestStream, bytes: number): void;
  /** The stream is over; with a code this is reported to the client. */
  release(stream: RequestStream, code: ErrorCode | undefined): void;
}

/** What a stream begins with. */
interface OpenedStream {
  /** What the client takes of its answer. */
  readonly answerWindow: number;
  /** Nothing comes after its head. */
  readonly isWhole: boolean;
}

const LAST_CHUNK = "0\r\n\r\n";

/** One request of a client by HTTP/2 and its answer. Used again for another stream of the connection when it is over. */
export class RequestStream implements ClientStream, AnswerSink, BodyTaker {
  id = 0;
  /** What the client may still send of the present request. */
  readonly window = new ReceiveWindow(HTTP2_BOUNDS.streamWindowBytes);
  readonly client: Connection;
  readonly body = new BodyReader({ isLenient: false });
  readonly answers: AnswerQueue;
  readonly takesInterim = true;
  readonly wantsPlainBody = false;
  readonly #context: EngineContext;
  readonly #owner: StreamOwner;
  readonly #exchange: Exchange;
  readonly #queue = new RequestQueue();
  /** `tunnel`: one is asked for, or open. */
  #phase: "exchange" | "tunnel" | "closed" = "closed";
  #isOpen = false;
  #isHead = false;
  /** The client has ended its side, and all of that has been given on. */
  #hasClientEnded = false;
  #isEndTaken = false;
  #hasAnswer = false;
  #isTunnelGone = false;
  #isHeld = false;
  #isTaking = false;
  /** All data has come that was announced, and not the end of the stream. */
  #awaitsEnd = false;
  /** Of a body with a length: what has not come. */
  #missingBytes = -1;
  /** What goes behind the last data. */
  #lastText = LAST_CHUNK;
  /** Bytes that count for flow control and have not been taken. */
  #untaken = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(context: EngineContext, client: Connection, owner: StreamOwner) {
    this.#context = context;
    this.client = client;
    this.#owner = owner;
    this.answers = new AnswerQueue(this, context);
    this.#exchange = new Exchange(context, this);
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  get isStalled(): boolean {
    return this.answers.isStalled;
  }

  /** It can serve another request. */
  get isReusable(): boolean {
    return !this.#isOpen;
  }

  get hasClientEnded(): boolean {
    return this.#hasClientEnded;
  }

  /** Memory that waits for the client, and of what it has sent. */
  get heldBytes(): number {
    return this.answers.keptBytes + this.#queue.length;
  }

  get dataRoom(): number {
    return this.#owner.dataRoom;
  }

  get isCrowded(): boolean {
    return this.#owner.isCrowded;
  }

  /** Begins with a stream of this number. */
  open(id: number, { answerWindow, isWhole }: OpenedStream): void {
    this.id = id;
    this.window.reset();
    this.#untaken = 0;
    this.answers.begin(answerWindow);
    this.#queue.clear();
    this.#phase = "exchange";
    this.#isHead = this.#isEndTaken = this.#hasAnswer = false;
    this.#hasClientEnded = isWhole;
    this.#isTunnelGone = this.#isHeld = this.#awaitsEnd = false;
    this.#missingBytes = -1;
    this.#lastText = LAST_CHUNK;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Has a request answered whose head could be read. */
  begin(bytes: Buffer, head: RequestHead, { length, isTunnel, contentLength }: RequestText): void {
    this.#exchange.enter(bytes, head);
    this.#isHead = methodIs(bytes, head, "HEAD");
    this.body.startDeclared(head);
    this.#missingBytes = contentLength;
    this.#isEndTaken = this.#hasClientEnded && !isTunnel;
    if (isTunnel) this.#phase = "tunnel";
    this.#exchange.addReceivedBytes(length);
    const fault = requestFault(bytes, head);
    if (fault === undefined) this.#exchange.begin({ bytes, head, bodyStart: length, bodyEnd: length });
    else this.#exchange.refuse(fault);
  }

  /** Answers a request whose head cannot be read. */
  refuseUnread(reason: ResponseReason): void {
    this.#exchange.refuseUnread(reason);
  }

  /** Counts a request that gets no answer, because its head is malformed. */
  countUnread(reason: ResponseReason): void {
    this.#exchange.countUnread(reason);
  }

  /** Data came; false: more than was announced. */
  onData(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#hasAnswer) return true;
    if (this.#missingBytes !== -1) {
      this.#missingBytes -= end - start;
      if (this.#missingBytes < 0) return false;
      // An endpoint gets no whole request that may still turn out longer than it says.
      this.#awaitsEnd = this.#missingBytes === 0;
    }
    if (this.#mustQueue && this.body.isChunked) this.#queue.addChunk(bytes, start, end);
    else if (this.#mustQueue) this.#queue.add(bytes, start, end);
    else this.#context.http2.body.add(this, bytes, { start, end }, this.body.isChunked);
    return true;
  }

  /** So many bytes of DATA have come, which count for flow control. */
  onDataEnd(bytes: number): void {
    this.#untaken += bytes;
    if (!this.#mustQueue || this.#hasAnswer) this.#credit();
  }

  /** The client has ended its side; `trailers`: lines. False: less came than was announced. */
  onEnd(trailers: string): boolean {
    if (this.#missingBytes > 0) return false;
    this.#hasClientEnded = true;
    if (trailers !== "") this.#lastText = `0\r\n${trailers}\r\n`;
    this.#awaitsEnd = false;
    if (this.#queue.length > 0) this.#goOn();
    else if (!this.#mustQueue) this.#takeEnd();
    return true;
  }

  /** What comes has to wait: behind other data, for the endpoint, or until the tunnel is open. */
  get #mustQueue(): boolean {
    return this.#isHeld || this.#awaitsEnd || this.#queue.length > 0 || (this.#phase === "tunnel" && !this.#isOpen);
  }

  takeBody(bytes: Buffer, end: number): boolean {
    if (this.#isClosed || this.#hasAnswer) return false;
    // It may have been held since these bytes were written.
    if (this.#isHeld) {
      this.#queue.add(bytes, 0, end);
      return false;
    }
    if (this.#isOpen) return this.#exchange.sendTunnel(bytes, 0, end);
    const bodyEnd = this.body.advance(bytes, 0, end);
    if (!this.#exchange.takesBody({ start: 0, bodyEnd, end })) return false;
    return this.#exchange.addBody(bytes, 0, bodyEnd);
  }

  #takeEnd(): void {
    if (this.#isEndTaken || this.#hasAnswer) return;
    if (this.#isOpen) this.#context.http2.body.flush();
    if (this.#isClosed || this.#mustQueue) return;
    this.#isEndTaken = true;
    if (this.#isOpen) this.#exchange.endTunnel();
    if (this.body.isChunked) this.#context.http2.body.addText(this, this.#lastText);
  }

  #credit(): void {
    const bytes = this.#untaken;
    this.#untaken = 0;
    if (bytes > 0) this.#owner.credit(this, bytes);
  }

  pause(): void {
    this.#isHeld = true;
  }

  /** Gives on what has come meanwhile, as far as it is taken. */
  resume(): void {
    this.#isHeld = false;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isTaking || this.#isClosed || this.#awaitsEnd || (this.#phase === "tunnel" && !this.#isOpen)) return;
    this.#isTaking = true;
    // What was written before goes first.
    this.#context.http2.body.flush();
    this.#takeQueue();
    this.#isTaking = false;
    if (this.#isClosed || this.#mustQueue) return;
    this.#credit();
    if (this.#hasClientEnded) this.#takeEnd();
    this.#context.http2.body.flush();
  }

  #takeQueue(): void {
    while (!this.#isHeld && !this.#isClosed) {
      const piece = this.#queue.take();
      if (piece === undefined) return;
      this.takeBody(piece, piece.length);
    }
  }

  get #isClosed(): boolean {
    return this.#phase === "closed";
  }

  forgetPause(): void {
    this.#isHeld = false;
  }

  /** In HTTP/2 each stream is apart: what follows on the connection is understood all the same. */
  distrust(): void {
    this.#context.http2.body.forget(this);
  }

  respond(answer: AnswerHead): number {
    const headBytes = writeAnswerHead(this.#context, answer, { isHttp10: false, connection: "default" });
    this.#sendHead(this.#context.scratch, headBytes);
    if (answer.kind === "final" && (answer.body.isChunked || answer.isCompressed)) this.answers.readChunks();
    return answer.bodyStart;
  }

  answer(status: AnswerStatus, { location, fields, grpc }: AnswerCause, edit: ResponseEdit | undefined): void {
    const { date } = this.#context;
    const text = printAnswer(status, {
      isHead: this.#isHead,
      connection: "default",
      date,
      location,
      fields,
      edit,
      grpc,
    });
    const headEnd = headLength(text);
    this.#sendHead(text, headEnd);
    if (headEnd < text.length) this.sendBody(text, headEnd, text.length);
  }

  #sendHead(bytes: Buffer, end: number): void {
    const sent = this.#context.http2.blocks.write(this.#owner.output, this.id, headText(bytes, end));
    this.#exchange.addSentBytes(sent, sent);
  }

  sendContinue(): void {
    const bytes = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");
    this.#context.http2.blocks.write(this.#owner.output, this.id, headText(bytes, bytes.length));
  }

  sendBody(bytes: Buffer, start: number, end: number): boolean {
    this.#exchange.addSentBytes(end - start, 0);
    return this.answers.add(bytes, start, end);
  }

  sendData(bytes: Buffer, start: number, end: number): void {
    this.#owner.sendData(this, bytes, start, end);
  }

  awaitRoom(): void {
    this.#owner.awaitRoom(this);
  }

  onAnswerDrain(): void {
    this.#exchange.onClientDrain();
  }

  end(): void {
    if (this.#isClosed) return;
    this.#hasAnswer = true;
    this.#queue.clear();
    this.#credit();
    this.#deadlineMs = this.#context.nowMs + this.#context.limits.clientGapMs;
    this.answers.end();
  }

  sendEnd(trailers: string | undefined): void {
    const { output } = this.#owner;
    if (trailers === undefined) output.endStream(this.id);
    else {
      const bytes = Buffer.from(trailers, "latin1");
      this.#context.http2.blocks.write(output, this.id, { bytes, start: 0, end: bytes.length, status: undefined });
    }
    if (!this.#isOpen) this.#release(this.#hasClientEnded ? undefined : ErrorCode.NoError);
    else if (this.#isTunnelGone) this.leave("client-gone", undefined);
  }

  openTunnel(): void {
    this.#isOpen = true;
    this.resume();
  }

  endTunnel(): void {
    this.answers.end();
  }

  onTunnelGone(): void {
    if (this.#isClosed) return;
    this.#isTunnelGone = true;
    if (this.answers.isEndSent) this.leave("client-gone", undefined);
  }

  close(): void {
    this.leave("client-gone", ErrorCode.Cancel);
  }

  abort(reason: ResponseReason): void {
    this.leave(reason, ErrorCode.InternalError);
  }

  /** Gives the request up, whatever is under way, for this reason; with a code this is reported to the client. */
  leave(reason: ResponseReason, code: ErrorCode | undefined): void {
    if (this.#isClosed) return;
    this.#phase = "closed";
    this.#exchange.leave(reason);
    this.#release(code);
  }

  onTick(nowMs: number): void {
    if (this.#hasAnswer) {
      if (nowMs >= this.#deadlineMs) this.leave("client-slow", ErrorCode.Cancel);
    } else if (!this.#isClosed) {
      this.#exchange.onTick(nowMs);
    }
  }

  #release(code: ErrorCode | undefined): void {
    this.#phase = "closed";
    this.#context.http2.body.forget(this);
    this.answers.clear();
    this.#queue.clear();
    if (!this.body.isDone) this.body.startEmpty();
    this.#owner.release(this, code);
    this.#credit();
  }
}
