import type { Acknowledgement } from "#src/linux/acknowledgement.ts";
import { CLIENT_PREFACE } from "#src/http2/client-preface.ts";
import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, type FrameHead, FrameType, readUint31 } from "#src/http2/frame-head.ts";
import { FrameReader, type FrameReceiver } from "#src/http2/frame-reader.ts";
import { goAwayFrame, pingFrame, resetFrame, SETTINGS_TAKEN, windowFrame } from "#src/http2/frames.ts";
import { NO_TABLE } from "#src/http2/header-encoder.ts";
import { ReceiveWindow } from "#src/http2/receive-window.ts";
import {
  MAX_WINDOW_BYTES,
  PeerSettings,
  Setting,
  settingsFrame,
  USUAL_FRAME_BYTES,
  USUAL_WINDOW_BYTES,
} from "#src/http2/settings.ts";
import type { BackendEndpoint } from "#src/routing/route-table.ts";
import type { Flushes } from "#ingress/engine/flushes.ts";
import { FrameBuffers } from "#ingress/engine/frame-buffers.ts";
import type { ClientTie } from "#ingress/engine/client-tie.ts";
import type { EndpointLink } from "#ingress/engine/endpoint-link.ts";
import { endpointFault } from "#ingress/engine/endpoint-fault.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connection, OutgoingEvents } from "#ingress/io/connection.ts";
import type { SecureTarget } from "#ingress/io/secure-target.ts";
import { BlockReader } from "./block-reader.ts";
import { HEADER_BOUNDS, MAX_NEEDLESS_FRAMES, MAX_STREAMS, MAX_WAITING_BYTES, SESSION_WINDOW_BYTES } from "./bounds.ts";
import { PingWatch } from "./ping-watch.ts";
import type { StreamConnection } from "./stream-connection.ts";

const OPENING = Buffer.concat([
  CLIENT_PREFACE,
  settingsFrame([
    [Setting.EnablePush, 0],
    [Setting.MaxHeaderListSize, HEADER_BOUNDS.listBytes],
  ]),
]);
const PING = pingFrame(new Uint8Array(8), 0);
/** Of streams that we begin (RFC 9113 section 5.1.1). */
const MAX_STREAM_ID = 0x7fff_ffff;

/** What sessions share, and where they say what became of them. */
export interface SessionOwner {
  readonly buffers: BufferPool;
  readonly clockMs: () => number;
  readonly flushes: Flushes;
  /** A stream that was not sent finds no room on its connection: it goes to another one. */
  move(stream: StreamConnection, from: EndpointSession): void;
  /** It has closed. */
  onGone(session: EndpointSession): void;
}

/** One connection to an endpoint by HTTP/2 (RFC 9113), with many streams. */
export class EndpointSession implements EndpointLink, OutgoingEvents, FrameReceiver {
  readonly endpoint: BackendEndpoint;
  readonly secure: SecureTarget | undefined;
  readonly tie: ClientTie | undefined;
  /** The endpoint has sent its settings: it speaks HTTP/2. */
  isOpen = false;
  readonly openedMs: number;
  /** Streams that it has had. */
  requestCount = 0;
  /** When the last stream ended. */
  idleSinceMs: number;
  readonly #owner: SessionOwner;
  #connection!: Connection;
  #output!: FrameBuffers;
  readonly #reader: FrameReader = new FrameReader(this, USUAL_FRAME_BYTES);
  readonly #blocks = new BlockReader();
  readonly #pings: PingWatch;
  readonly #peer = new PeerSettings();
  readonly #streams = new Map<number, StreamConnection>();
  /** Streams that wait for the connection to open. */
  readonly #unsent = new Set<StreamConnection>();
  /** Streams with data that may be sent, by turns. */
  readonly #ready = new Set<StreamConnection>();
  /** Streams with data that the window of the connection holds, by turns: ends and trailers of others, which cost none, do not wait behind them. */
  readonly #held = new Set<StreamConnection>();
  /** Streams whose answers came on in the present bytes. */
  readonly #touched = new Set<StreamConnection>();
  /** Streams that were given up with a whole answer before the last look at them. */
  #dropped: StreamConnection[] = [];
  #nextId = 1;
  #sendWindow = USUAL_WINDOW_BYTES;
  readonly #window = new ReceiveWindow(SESSION_WINDOW_BYTES);
  /** Of the DATA that comes now: its padding, in bytes. */
  #paddingBytes = 0;
  #needless = 0;
  /** No further stream is begun. */
  #isRetired = false;
  #isClosed = false;

  constructor(endpoint: BackendEndpoint, owner: SessionOwner, link: EndpointLink) {
    this.endpoint = endpoint;
    this.secure = link.secure;
    this.tie = link.tie;
    this.#owner = owner;
    this.idleSinceMs = this.openedMs = owner.clockMs();
    this.#pings = new PingWatch(this.idleSinceMs);
  }

  /** Gives it the connection whose events come here. */
  attach(connection: Connection): void {
    this.#connection = connection;
    const output = new FrameBuffers(connection, this.#owner, () => {
      if (output.waitingBytes > MAX_WAITING_BYTES) this.#fail(ErrorCode.EnhanceYourCalm);
    });
    this.#output = output;
  }

  acknowledgement(): Acknowledgement | undefined {
    return this.#connection.acknowledgement?.();
  }

  get localPort(): number {
    return this.#connection.localPort;
  }

  get isIdle(): boolean {
    return this.#streams.size === 0 && this.#unsent.size === 0;
  }

  /** Another stream may begin on it, or wait for it to open. */
  get hasRoom(): boolean {
    const most = Math.min(MAX_STREAMS, this.isOpen ? this.#peer.maxStreams : MAX_STREAMS);
    return !this.#isRetired && !this.#isClosed && this.#streams.size + this.#unsent.size < most;
  }

  /** Keeps room for a stream until its request is sent. */
  reserve(stream: StreamConnection): void {
    this.#unsent.add(stream);
    this.requestCount += 1;
  }

  /** A stream has more of its request. */
  sendRequest(stream: StreamConnection): void {
    if (!this.isOpen) return;
    if (stream.id === 0) this.#begin(stream);
    this.#ready.add(stream);
    this.#pump();
  }

  /** Looks at what has lasted too long, and closes what has been idle since before `idleBeforeMs`. */
  onTick(nowMs: number, idleBeforeMs: number): void {
    for (const stream of this.#dropped) if (this.#streams.has(stream.id)) this.reset(stream, ErrorCode.Cancel);
    this.#dropped = [];
    if (this.isIdle && this.isOpen && this.idleSinceMs <= idleBeforeMs) this.retire();
    const asked = this.isIdle || !this.isOpen ? "nothing" : this.#pings.look(nowMs);
    if (asked === "ask") this.#output.add(PING);
    else if (asked === "gone") this.#close(Object.assign(new Error("no answer to PING"), { code: "ETIMEDOUT" }));
  }

  /** Begins no further stream, and closes when the present ones have ended. */
  retire(): void {
    this.#isRetired = true;
    this.#closeIfDone();
  }

  /** Closes, whatever is under way. */
  close(): void {
    this.#close(undefined);
  }

  /** The stream is given up, with its answer whole: nothing has to be said where the endpoint ends it soon. */
  drop(stream: StreamConnection): void {
    stream.isDropped = true;
    this.#dropped.push(stream);
  }

  /** The stream has ended on both sides, or was never sent. */
  forget(stream: StreamConnection): void {
    this.#streams.delete(stream.id);
    this.#unsent.delete(stream);
    this.#ready.delete(stream);
    this.#held.delete(stream);
    if (this.isIdle) this.idleSinceMs = this.#owner.clockMs();
    this.#closeIfDone();
  }

  reset(stream: StreamConnection, code: ErrorCode): void {
    if (stream.id !== 0 && this.#streams.has(stream.id) && !this.#isClosed)
      this.#output.add(resetFrame(stream.id, code));
    this.forget(stream);
  }

  /** The endpoint may send so much more on a stream. */
  openWindow(stream: number, bytes: number): void {
    if (!this.#isClosed) this.#output.add(windowFrame(stream, bytes));
  }

  /** What came of the answer of this stream is delivered when all of the present bytes were read. */
  touch(stream: StreamConnection): void {
    this.#touched.add(stream);
  }

  onConnect(): void {
    this.#output.add(OPENING);
    this.openWindow(0, SESSION_WINDOW_BYTES - USUAL_WINDOW_BYTES);
  }

  onData(bytes: Buffer, start: number, end: number): boolean {
    this.#pings.onBytes(this.#owner.clockMs());
    this.#reader.read(bytes, start, end);
    for (const stream of this.#touched) {
      this.#touched.delete(stream);
      stream.deliver();
    }
    return false;
  }

  onEnd(): void {
    this.#close(undefined);
  }

  onSendFailure(): void {
    // What the endpoint has sent before may hold answers: they are read, and its end comes after them.
    this.#isRetired = true;
  }

  onDrain(): void {
    this.#output.onDrain();
    this.#pump();
  }

  onClose(error: Error | undefined): void {
    this.#close(error);
  }

  onFrameFault(code: ErrorCode): void {
    this.#fail(code);
  }

  onFrame(head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    const isSettings = head.type === FrameType.Settings && !head.has(Flag.Ack);
    // RFC 9113 section 3.4: the settings come first. Another protocol hardly looks like them.
    const isBetween = this.#blocks.isWithin && head.type !== FrameType.Continuation;
    if ((!this.isOpen && !isSettings) || isBetween) this.#fail(ErrorCode.ProtocolError);
    else if (this.#countNeedless(head.type)) this.#read(head, bytes, start, end);
  }

  #read(head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    switch (head.type) {
      case FrameType.Headers:
      case FrameType.Continuation:
        this.#readBlock(head, bytes, start, end);
        break;
      case FrameType.RstStream:
        this.#readReset(head.stream, readUint31(bytes, start));
        break;
      case FrameType.Settings:
        if (!head.has(Flag.Ack)) this.#readSettings(bytes, start, end);
        break;
      case FrameType.PushPromise:
        this.#fail(ErrorCode.ProtocolError);
        break;
      case FrameType.Ping:
        if (!head.has(Flag.Ack)) this.#output.add(pingFrame(bytes.subarray(start, end), Flag.Ack));
        break;
      case FrameType.GoAway:
        this.#onGoAway(readUint31(bytes, start));
        break;
      case FrameType.WindowUpdate:
        this.#readWindow(head.stream, readUint31(bytes, start));
        break;
      default:
        // PRIORITY, and types that are not known (RFC 9113 section 5.5).
        break;
    }
  }

  onDataHead({ stream: id, length }: FrameHead): void {
    const isWithin = this.#window.receive(length);
    this.#paddingBytes = length;
    const stream = this.#streams.get(id);
    if (!this.isOpen || this.#blocks.isWithin || (stream === undefined && !this.#wasBegun(id))) {
      this.#fail(ErrorCode.ProtocolError);
      return;
    }
    if (length === 0) this.#countNeedless(FrameType.Data);
    if (!isWithin || stream?.onDataHead(length) === false) this.#fail(ErrorCode.FlowControlError);
  }

  onDataBytes({ stream: id }: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#streams.get(id);
    this.#needless = 0;
    this.#paddingBytes -= end - start;
    this.#pings.onAnswer();
    if (stream?.isDropped === false) stream.onData(bytes, start, end);
  }

  onDataEnd(head: FrameHead): void {
    const grown = this.#window.take(head.length);
    if (grown > 0) this.openWindow(0, grown);
    if (head.has(Flag.EndStream)) this.#endStream(head.stream);
    else if (this.#paddingBytes > 0) this.#streams.get(head.stream)?.addCredit(this.#paddingBytes);
  }

  #endStream(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (stream.isDropped) this.forget(stream);
    else stream.onEnd();
  }

  /** False: too many frames have come that bring nothing. */
  #countNeedless(type: number): boolean {
    if (type === FrameType.Headers || type === FrameType.WindowUpdate) return true;
    this.#needless += 1;
    if (this.#needless <= MAX_NEEDLESS_FRAMES) return true;
    this.#fail(ErrorCode.EnhanceYourCalm);
    return false;
  }

  #readBlock(head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    const read = this.#blocks.add(head, bytes, start, end);
    if (read.kind === "fault") this.#fail(read.code);
    if (read.kind !== "whole") return;
    this.#needless = 0;
    this.#pings.onAnswer();
    const stream = this.#streams.get(read.stream);
    if (stream === undefined && !this.#wasBegun(read.stream)) this.#fail(ErrorCode.ProtocolError);
    else if (stream?.isDropped === false) stream.onBlock(this.#blocks.lines, read.isEnd);
    else if (stream !== undefined && read.isEnd) this.forget(stream);
  }

  #readReset(id: number, code: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (!this.#wasBegun(id)) this.#fail(ErrorCode.ProtocolError);
      return;
    }
    this.forget(stream);
    if (!stream.isDropped) stream.onReset(code);
  }

  #readSettings(bytes: Uint8Array, start: number, end: number): void {
    const before = this.#peer.windowBytes;
    const fault = this.#peer.take(bytes, start, end);
    if (fault !== undefined) {
      this.#fail(fault);
      return;
    }
    const change = this.#peer.windowBytes - before;
    for (const stream of this.#streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_WINDOW_BYTES) this.#fail(ErrorCode.FlowControlError);
      else if (change > 0) this.#ready.add(stream);
    }
    if (this.#isClosed) return;
    // No stream at all: those that come later get another connection, and this one ends.
    if (this.#peer.maxStreams === 0) this.#isRetired = true;
    this.#output.add(SETTINGS_TAKEN);
    if (!this.isOpen) this.#open();
    this.#pump();
    this.#closeIfDone();
  }

  /** The endpoint speaks HTTP/2: sends what has waited for that, as far as it takes so many streams. */
  #open(): void {
    this.isOpen = true;
    for (const stream of this.#unsent) {
      if (this.#streams.size >= this.#peer.maxStreams) {
        this.#unsent.delete(stream);
        this.#owner.move(stream, this);
      } else {
        if (stream.request !== undefined) this.#begin(stream);
        this.#ready.add(stream);
        stream.onConnect();
      }
    }
  }

  #begin(stream: StreamConnection): void {
    const id = this.#nextId;
    const { block } = stream.request!;
    const isEnd = stream.sender!.isAtEnd;
    if (this.#streams.size === 0) this.#pings.onFirstRequest(this.#owner.clockMs());
    this.#unsent.delete(stream);
    this.#streams.set(id, stream);
    this.#nextId += 2;
    if (this.#nextId > MAX_STREAM_ID) this.#isRetired = true;
    // RFC 7541 section 4.2: a smaller table is said at the beginning of the first block.
    const first = id === 1 ? Buffer.concat([Buffer.of(NO_TABLE), block]) : block;
    this.#output.addBlock(id, first, isEnd);
    stream.onSent(id, this.#peer.windowBytes, isEnd);
  }

  /** RFC 9113 section 6.8: streams above the last one that the endpoint looks at go elsewhere. */
  #onGoAway(last: number): void {
    this.#isRetired = true;
    for (const stream of [...this.#streams.values()].filter(({ id }) => id > last)) {
      this.forget(stream);
      if (!stream.isDropped) stream.onRefused();
    }
    this.#closeIfDone();
  }

  #readWindow(id: number, bytes: number): void {
    const stream = this.#streams.get(id);
    if (bytes === 0 || (id !== 0 && stream === undefined && !this.#wasBegun(id))) {
      this.#fail(ErrorCode.ProtocolError);
      return;
    }
    if (id === 0) this.#sendWindow += bytes;
    else if (stream !== undefined) stream.sendWindow += bytes;
    if (Math.max(this.#sendWindow, stream?.sendWindow ?? 0) > MAX_WINDOW_BYTES) {
      this.#fail(ErrorCode.FlowControlError);
      return;
    }
    if (stream !== undefined) this.#ready.add(stream);
    if (id === 0 && this.#sendWindow > 0) this.#releaseHeld();
    this.#pump();
  }

  /** The connection takes data again. */
  #releaseHeld(): void {
    for (const stream of this.#held) this.#ready.add(stream);
    this.#held.clear();
  }

  /** Whether a stream of this number has been there: then its frames may still be on their way. */
  #wasBegun(id: number): boolean {
    return id % 2 === 1 && id < this.#nextId;
  }

  /** Sends data of all streams by turns, a frame of each, as far as the windows and the connection take it, and ends without regard to windows. */
  #pump(): void {
    for (const stream of this.#ready) {
      if (this.#isClosed) return;
      this.#ready.delete(stream);
      const { sender } = stream;
      if (stream.id === 0 || sender === undefined) continue;
      const { dataRoom } = this.#output;
      const sent = stream.sendData(Math.min(dataRoom, this.#sendWindow), this.#output);
      this.#sendWindow -= sent.bytes;
      const isHeld = sent.hasMore && this.#sendWindow <= 0 && !sender.isDone;
      if (sent.hasMore) (isHeld ? this.#held : this.#ready).add(stream);
      stream.drainIfSent();
      if (sent.hasMore && !isHeld && dataRoom <= 0) return;
    }
  }

  #closeIfDone(): void {
    if (!this.isIdle || this.#isClosed) return;
    // No request waits any longer for what does not open.
    if (this.#isRetired || !this.isOpen) this.#end(ErrorCode.NoError);
  }

  /** The endpoint breaks the rules. */
  #fail(code: ErrorCode): void {
    if (this.#isClosed) return;
    this.#goAway(code);
    this.#close(endpointFault("answer-malformed", true));
  }

  #end(code: ErrorCode): void {
    if (this.isOpen) this.#goAway(code);
    this.#isClosed = true;
    this.#reader.stop();
    this.#owner.onGone(this);
    if (this.isOpen) this.#connection.finish();
    else this.#connection.close();
    this.#output.close();
  }

  #goAway(code: ErrorCode): void {
    this.#output.add(goAwayFrame(0, code));
    this.#output.flush();
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.stop();
    this.#owner.onGone(this);
    this.#connection.close();
    this.#output.close();
    const streams = [...this.#streams.values(), ...this.#unsent];
    this.#streams.clear();
    this.#unsent.clear();
    this.#ready.clear();
    this.#held.clear();
    for (const stream of streams) if (!stream.isDropped) stream.onLost(error);
  }
}
