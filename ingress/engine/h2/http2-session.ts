import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, type FrameHead, FrameType, readUint31 } from "#src/http2/frame-head.ts";
import { FrameReader, type FrameReceiver } from "#src/http2/frame-reader.ts";
import { goAwayFrame, pingFrame, resetFrame, SETTINGS_TAKEN, windowFrame } from "#src/http2/frames.ts";
import { type HeaderBlock, HeaderBlocks } from "#src/http2/header-blocks.ts";
import { HeaderDecoder } from "#src/http2/header-decoder.ts";
import { headerPayload } from "#src/http2/header-payload.ts";
import { ReceiveWindow } from "#src/http2/receive-window.ts";
import {
  MAX_WINDOW_BYTES,
  PeerSettings,
  USUAL_FRAME_BYTES,
  USUAL_TABLE_BYTES,
  USUAL_WINDOW_BYTES,
} from "#src/http2/settings.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import { isLastRequest } from "#ingress/engine/is-spent.ts";
import type { ResponseReason } from "#ingress/engine/response-reason.ts";
import type { ConnectionSession } from "#ingress/engine/connection-session.ts";
import type { Connection } from "#ingress/io/connection.ts";
import { Allowance } from "./allowance.ts";
import { beginRequest } from "./begin-request.ts";
import { HTTP2_BOUNDS } from "./http2-bounds.ts";
import { Drain } from "./drain.ts";
import { FrameOutput } from "./frame-output.ts";
import { InputTurns } from "./input-turns.ts";
import { PartialWatch } from "./partial-watch.ts";
import { Preface } from "./preface.ts";
import { firstFrames } from "./first-frames.ts";
import { RequestStream, type StreamOwner } from "./request-stream.ts";
import { writeTrailerText } from "./request-text.ts";
import { StreamTable } from "./stream-table.ts";

/** One client connection of HTTP/2: many requests at once, each on a stream. */
export class Http2Session implements ConnectionSession, FrameReceiver, StreamOwner {
  requestCount = 0;
  unsentSinceMs = Number.POSITIVE_INFINITY;
  readonly output: FrameOutput;
  readonly #context: EngineContext;
  readonly client: Connection;
  readonly #onGone: (session: Http2Session) => void;
  readonly #reader = new FrameReader(this, USUAL_FRAME_BYTES);
  readonly #decoder = new HeaderDecoder(USUAL_TABLE_BYTES);
  readonly #blocks: HeaderBlocks;
  readonly #peer = new PeerSettings();
  readonly #streams: StreamTable;
  readonly #preface = new Preface();
  readonly #input: InputTurns;
  readonly #partial: PartialWatch;
  readonly #resets: Allowance;
  readonly #needless: Allowance;
  readonly #drain: Drain;
  #phase: "preface" | "settings" | "open" | "closing" | "closed" = "preface";
  /** What the client takes of all answers. */
  #sendWindow = USUAL_WINDOW_BYTES;
  readonly #window = new ReceiveWindow(HTTP2_BOUNDS.connectionWindowBytes);
  /** The stream of the DATA that comes now; undefined: its data is dropped. */
  #dataStream: RequestStream | undefined;
  #turnRequests = 0;
  #hasClientEnded = false;
  readonly openedMs: number;
  /** Without streams, and while closing. */
  #deadlineMs: number;
  /** Frames so far, and at the beginning of the header block that is read now. */
  #frames = 0;
  #blockFrames = 0;

  constructor(context: EngineContext, connection: Connection, onGone: (session: Http2Session) => void) {
    this.#context = context;
    this.client = connection;
    this.#onGone = onGone;
    const { buffers, unsent, http2, limits, nowMs } = context;
    this.output = new FrameOutput(connection, { buffers, unsent, flushes: http2.flushes });
    this.#streams = new StreamTable(() => new RequestStream(context, connection, this));
    this.#input = new InputTurns(connection, context.turns, (bytes, start, end) => this.#read(bytes, start, end));
    this.#partial = new PartialWatch(limits.headMs);
    this.#blocks = new HeaderBlocks(http2.blockBounds, (block) => this.#onBlock(block));
    this.#resets = new Allowance(HTTP2_BOUNDS.resets, nowMs);
    this.#needless = new Allowance(HTTP2_BOUNDS.needlessFrames, nowMs);
    this.#drain = new Drain(this.output);
    this.openedMs = nowMs;
    this.#deadlineMs = nowMs + limits.headMs;
    this.output.add(firstFrames(limits.headBytes));
  }

  get mayGiveWay(): boolean {
    return this.#streams.count === 0 && !this.output.isQueued;
  }

  get unsentBytes(): number {
    let bytes = this.output.unsentBytes + this.#reader.heldBytes + this.#blocks.heldBytes + this.#input.heldBytes;
    for (const stream of this.#streams.all()) bytes += stream.heldBytes;
    return bytes;
  }

  /** Neither gone nor ending. */
  get #isOpen(): boolean {
    return this.#phase !== "closing" && this.#phase !== "closed";
  }

  get dataRoom(): number {
    return Math.min(this.#sendWindow, this.output.dataRoom);
  }

  get isCrowded(): boolean {
    return this.#streams.isCrowded;
  }

  drain(isLast: boolean): void {
    if (!this.#isOpen) return;
    // A client that has just connected would have to connect again for its first request.
    if (isLast || this.requestCount > 0) this.#drain.begin(this.#context.nowMs);
  }

  close(): void {
    this.#leaveStreams("shut-down");
    if (this.#isOpen) {
      this.output.add(goAwayFrame(this.#streams.last, ErrorCode.NoError));
      this.output.flush();
    }
    if (this.output.isStalled) this.client.close();
    else this.client.finish();
    this.#leave("shut-down");
  }

  giveUp(): void {
    this.#leaveStreams("client-slow");
    this.client.abort();
    this.#leave("client-slow");
  }

  onTick(nowMs: number): void {
    for (const stream of this.#streams.all()) stream.onTick(nowMs);
    if (this.#phase === "closing") {
      if (nowMs >= this.#deadlineMs) this.#cut();
      return;
    }
    if (this.#drain.onTick(nowMs, this.#streams.last)) this.#finishIfDone();
    if (this.#streams.count === 0 && nowMs >= this.#deadlineMs) this.#fail(ErrorCode.NoError);
    else if (this.#partial.isTooLong(this.#partialFrame, nowMs)) this.#fail(ErrorCode.EnhanceYourCalm);
  }

  /** Number of the frame, or the first frame of the header block, that is not whole; -1: none. */
  get #partialFrame(): number {
    if (this.#blocks.isWithin) return this.#blockFrames;
    return this.#reader.heldBytes > 0 ? this.#frames + 1 : -1;
  }

  onData(bytes: Buffer, start: number, end: number): boolean {
    if (this.#input.queue(bytes, start, end)) return false;
    this.#read(bytes, this.#phase === "preface" ? this.#readPreface(bytes, start, end) : start, end);
    return false;
  }

  #readPreface(bytes: Buffer, start: number, end: number): number {
    const at = this.#preface.read(bytes, start, end);
    if (at === -1) this.#fail(ErrorCode.ProtocolError);
    else if (this.#preface.isWhole) this.#phase = "settings";
    return at === -1 ? end : at;
  }

  #read(bytes: Buffer, start: number, end: number): void {
    if (!this.#isOpen) return;
    this.#turnRequests = 0;
    const at = this.#reader.read(bytes, start, end);
    this.#context.http2.body.flush();
    if (at < end) this.#input.wait(bytes, at, end);
    this.#input.update(this.#isFull);
  }

  get #isFull(): boolean {
    return this.output.waitingBytes > HTTP2_BOUNDS.waitingBytes;
  }

  onEnd(): void {
    this.#hasClientEnded = true;
    for (const stream of this.#streams.all()) if (!stream.hasClientEnded) stream.leave("client-gone", undefined);
    this.#finishIfDone();
  }

  onDrain(): void {
    this.output.onDrain();
    this.unsentSinceMs = Number.POSITIVE_INFINITY;
    this.#sendReady();
    this.#input.update(this.#isFull);
  }

  onClose(): void {
    this.#leave("client-gone");
  }

  onFrame(head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    this.#frames += 1;
    const fault = this.#faultOf(head) ?? this.#take(head, bytes, { start, end });
    if (fault !== undefined) this.#fail(fault);
  }

  /** The order of frames: SETTINGS first, and nothing within a header block. */
  #faultOf(head: FrameHead): ErrorCode | undefined {
    if (this.#phase === "settings") {
      if (head.type !== FrameType.Settings || head.has(Flag.Ack)) return ErrorCode.ProtocolError;
      this.#phase = "open";
    }
    return this.#blocks.isWithin && head.type !== FrameType.Continuation ? ErrorCode.ProtocolError : undefined;
  }

  #take(head: FrameHead, bytes: Uint8Array, { start, end }: Place): ErrorCode | undefined {
    switch (head.type) {
      case FrameType.Headers:
        return this.#takeHeaders(head, bytes, { start, end });
      case FrameType.Continuation:
        return this.#blocks.takeContinuation(head, bytes, start, end);
      case FrameType.PushPromise:
        return ErrorCode.ProtocolError;
      case FrameType.RstStream:
        return this.#onReset(head.stream);
      default:
        return this.#needless.take(this.#context.nowMs)
          ? this.#takeNeedless(head, bytes, { start, end })
          : ErrorCode.EnhanceYourCalm;
    }
  }

  #takeHeaders(head: FrameHead, bytes: Uint8Array, { start, end }: Place): ErrorCode | undefined {
    const payload = headerPayload(head, bytes, start, end);
    if (payload === undefined || payload.dependsOn === head.stream) return ErrorCode.ProtocolError;
    this.#blockFrames = this.#frames;
    return this.#blocks.takeHeaders(head, bytes, payload.start, payload.end);
  }

  /** Frames that bring no request. */
  #takeNeedless(head: FrameHead, bytes: Uint8Array, { start, end }: Place): ErrorCode | undefined {
    switch (head.type) {
      case FrameType.Settings:
        return head.has(Flag.Ack) ? undefined : this.#takeSettings(bytes, { start, end });
      case FrameType.Ping:
        return this.#takePing(head, bytes.subarray(start, end));
      case FrameType.WindowUpdate:
        return this.#takeWindow(head.stream, readUint31(bytes, start));
      case FrameType.Priority:
        // RFC 9113 section 5.3.2: nothing else is done with it.
        return readUint31(bytes, start) === head.stream ? ErrorCode.ProtocolError : undefined;
      default:
        return undefined;
    }
  }

  #takeSettings(bytes: Uint8Array, { start, end }: Place): ErrorCode | undefined {
    const before = this.#peer.windowBytes;
    const fault = this.#peer.take(bytes, start, end);
    if (fault !== undefined) return fault;
    this.output.add(SETTINGS_TAKEN);
    this.output.mustTellTable ||= this.#peer.tableBytes < USUAL_TABLE_BYTES;
    const more = this.#peer.windowBytes - before;
    for (const stream of this.#streams.all()) {
      if (more !== 0 && !stream.answers.grow(more)) return ErrorCode.FlowControlError;
    }
    this.#sendReady();
    return undefined;
  }

  #takePing(head: FrameHead, payload: Uint8Array): undefined {
    if (!head.has(Flag.Ack)) this.output.add(pingFrame(payload, Flag.Ack));
    else if (this.#drain.onPing(payload, this.#streams.last)) this.#finishIfDone();
  }

  #takeWindow(id: number, bytes: number): ErrorCode | undefined {
    if (id === 0) {
      this.#sendWindow += bytes;
      if (bytes === 0) return ErrorCode.ProtocolError;
      if (this.#sendWindow > MAX_WINDOW_BYTES) return ErrorCode.FlowControlError;
      this.#sendReady();
      return undefined;
    }
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#streams.isNew(id) ? ErrorCode.ProtocolError : undefined;
    if (bytes === 0) return this.#refuse(stream, ErrorCode.ProtocolError);
    if (!stream.answers.grow(bytes)) return this.#refuse(stream, ErrorCode.FlowControlError);
    this.#sendReady();
    return undefined;
  }

  #onReset(id: number): ErrorCode | undefined {
    const stream = this.#streams.get(id);
    if (stream === undefined && this.#streams.isNew(id)) return ErrorCode.ProtocolError;
    stream?.leave("client-gone", undefined);
    return this.#resets.take(this.#context.nowMs) ? undefined : ErrorCode.EnhanceYourCalm;
  }

  /** Ends a stream because of what the client did on it; undefined, or that it did so too often. */
  #refuse(stream: RequestStream, code: ErrorCode): ErrorCode | undefined {
    stream.leave("request-body-malformed", code);
    return this.#resets.take(this.#context.nowMs) ? undefined : ErrorCode.EnhanceYourCalm;
  }

  onDataHead(head: FrameHead): void {
    this.#frames += 1;
    const stream = this.#streams.get(head.stream);
    this.#dataStream = stream;
    const fault =
      this.#faultOf(head) ??
      (this.#window.receive(head.length) ? undefined : ErrorCode.FlowControlError) ??
      (stream === undefined ? this.#streams.dataFault(head.stream) : this.#takeDataHead(stream, head));
    if (fault !== undefined) this.#fail(fault);
  }

  #takeDataHead(stream: RequestStream, head: FrameHead): ErrorCode | undefined {
    if (stream.hasClientEnded) return this.#refuse(stream, ErrorCode.StreamClosed);
    return stream.window.receive(head.length) ? undefined : this.#refuse(stream, ErrorCode.FlowControlError);
  }

  onDataBytes(_head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#dataStream;
    if (stream?.onData(bytes, start, end) !== false) return;
    const fault = this.#refuse(stream, ErrorCode.ProtocolError);
    if (fault !== undefined) this.#fail(fault);
  }

  onDataEnd(head: FrameHead): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    const isEnd = head.has(Flag.EndStream);
    if (head.length === 0 && !isEnd && !this.#needless.take(this.#context.nowMs)) {
      this.#fail(ErrorCode.EnhanceYourCalm);
      return;
    }
    if (stream === undefined) this.#creditConnection(head.length);
    else stream.onDataEnd(head.length);
    const fault = isEnd && stream?.onEnd("") === false ? this.#refuse(stream, ErrorCode.ProtocolError) : undefined;
    if (fault !== undefined) this.#fail(fault);
  }

  onFrameFault(code: ErrorCode): void {
    this.#fail(code);
  }

  #onBlock({ stream: id, isEnd, bytes, start, end }: HeaderBlock): void {
    const { lines } = this.#context.http2;
    const isRead = end - start <= lines.bounds.blockBytes && this.#decoder.decode(bytes, start, end, lines);
    const stream = this.#streams.get(id);
    let fault: ErrorCode | undefined;
    if (!isRead) fault = ErrorCode.CompressionError;
    else if (stream !== undefined) fault = this.#takeTrailers(stream, isEnd);
    else if (!this.#streams.isNew(id)) fault = this.#streams.blockFault(id);
    else fault = id % 2 === 0 ? ErrorCode.ProtocolError : this.#takeRequest(id, isEnd);
    if (fault !== undefined) this.#fail(fault);
  }

  #takeTrailers(stream: RequestStream, isEnd: boolean): ErrorCode | undefined {
    const { lines, text } = this.#context.http2;
    if (stream.hasClientEnded) return this.#refuse(stream, ErrorCode.StreamClosed);
    const length = isEnd && !lines.isTooLarge ? writeTrailerText(lines, text) : -1;
    const isRight = length !== -1 && stream.onEnd(text.toString("latin1", 0, length));
    return isRight ? undefined : this.#refuse(stream, ErrorCode.ProtocolError);
  }

  #takeRequest(id: number, isWhole: boolean): ErrorCode | undefined {
    this.#streams.last = id;
    if (this.#drain.isOver || this.#streams.count >= HTTP2_BOUNDS.streams) {
      this.output.add(resetFrame(id, ErrorCode.RefusedStream));
      this.#streams.refuse(id);
      return this.#resets.take(this.#context.nowMs) ? undefined : ErrorCode.EnhanceYourCalm;
    }
    this.requestCount += 1;
    this.#turnRequests += 1;
    if (this.#turnRequests === HTTP2_BOUNDS.requestsPerTurn) this.#reader.yield();
    this.#needless.give(HTTP2_BOUNDS.framesPerRequest);
    const stream = this.#streams.open(id);
    stream.open(id, { answerWindow: this.#peer.windowBytes, isWhole });
    const isRight = beginRequest(this.#context, stream, isWhole);
    if (isLastRequest(this.#context, this)) this.drain(false);
    return isRight ? undefined : this.#refuse(stream, ErrorCode.ProtocolError);
  }

  sendData(stream: RequestStream, bytes: Buffer, start: number, end: number): void {
    this.#sendWindow -= end - start;
    if (end - start >= HTTP2_BOUNDS.worthyDataBytes) this.#needless.give(HTTP2_BOUNDS.framesPerData);
    this.output.addData(stream.id, bytes, start, end);
  }

  awaitRoom(stream: RequestStream): void {
    this.#streams.awaitRoom(stream);
  }

  #sendReady(): void {
    this.#streams.sendReady(() => this.dataRoom > 0);
  }

  credit(stream: RequestStream, bytes: number): void {
    this.#creditConnection(bytes);
    if (this.#streams.get(stream.id) !== stream || stream.hasClientEnded) return;
    const grown = stream.window.take(bytes);
    if (grown > 0) this.output.add(windowFrame(stream.id, grown));
  }

  #creditConnection(bytes: number): void {
    const grown = this.#window.take(bytes);
    if (grown > 0 && this.#isOpen) this.output.add(windowFrame(0, grown));
  }

  release(stream: RequestStream, code: ErrorCode | undefined): void {
    const { id } = stream;
    this.#streams.close(stream, code !== undefined);
    if (this.#dataStream === stream) this.#dataStream = undefined;
    if (!this.#isOpen) return;
    if (code !== undefined) this.output.add(resetFrame(id, code));
    if (this.#streams.count > 0) return;
    this.#deadlineMs = this.#context.nowMs + this.#context.limits.keepAliveMs;
    this.#finishIfDone();
  }

  /** Ends our side where no request is left and none will come. */
  #finishIfDone(): void {
    if (this.#streams.count > 0 || !(this.#drain.isOver || this.#hasClientEnded)) return;
    this.#endOutput();
  }

  /** An error of the connection, or the end of one that is idle (NoError): says why, gives up what is under way, and ends. */
  #fail(code: ErrorCode): void {
    if (!this.#isOpen) return;
    if (code === ErrorCode.EnhanceYourCalm) this.#context.counters.abusiveConnections += 1;
    this.output.add(goAwayFrame(this.#streams.last, code));
    this.#endOutput();
  }

  /** What the client sends after that is dropped for a while, because a reset could overtake what was sent. */
  #endOutput(): void {
    if (!this.#isOpen) return;
    this.#phase = "closing";
    this.#reader.stop();
    this.#blocks.clear();
    this.#input.drop();
    this.#leaveStreams("client-gone");
    this.output.flush();
    const { lingerMs, clientGapMs } = this.#context.limits;
    const hasLeft = !this.output.isStalled && this.client.end();
    this.#deadlineMs = this.#context.nowMs + (hasLeft ? lingerMs : clientGapMs);
    this.#input.update(this.#isFull);
    if (this.#hasClientEnded && hasLeft) this.#cut();
  }

  #cut(): void {
    this.client.close();
    this.#leave("client-gone");
  }

  #leaveStreams(reason: ResponseReason): void {
    for (const stream of this.#streams.all()) stream.leave(reason, undefined);
  }

  /** The connection is gone. */
  #leave(reason: ResponseReason): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#reader.stop();
    this.#input.drop();
    this.#leaveStreams(reason);
    this.#onGone(this);
  }
}

interface Place {
  readonly start: number;
  readonly end: number;
}
