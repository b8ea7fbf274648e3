import { type Acknowledgement, readAcknowledgement } from "#src/linux/acknowledgement.ts";
import type { BufferReader, ReadBuffers } from "./read-buffers.ts";
import type { Arrival } from "./arrival.ts";
import type { Admission } from "./connection-gate.ts";
import type { Connection, ConnectionEnds, ConnectionEvents } from "./connection.ts";
import { errorOf, HandleOutput, type OutputEvents } from "./handle-output.ts";
import {
  END_OF_FILE,
  type NodeStreams,
  type SocketAddress,
  type StreamHandle,
  type TcpHandle,
} from "./node-streams.ts";
import { NOTHING } from "./nothing.ts";
import { withoutMapping } from "./without-mapping.ts";

/** What connections of one kind share. */
export interface HandleRoom {
  readonly streams: NodeStreams;
  readonly buffers: ReadBuffers;
}

export interface HandleConnectionOptions {
  /** Text of the address at the other end, IPv4-mapped IPv6 addresses as IPv4; undefined: it is gone. */
  readonly address: string | undefined;
  /** The encrypted stream that is read and written, and what is below it; by default the TCP connection itself. */
  readonly secure?: { readonly stream: StreamHandle; readonly below: HandleConnection };
  /** False: it is being connected, and `start` says that it is. */
  readonly isConnected?: boolean;
  /** Called where nothing can be sent any longer, and what was sent before is still read; without it that closes the connection. */
  readonly onSendFailure?: (() => void) | undefined;
}

/** A connection over the streams that Node itself builds its sockets on. */
export class HandleConnection implements Connection, Arrival, BufferReader, OutputEvents {
  readonly isSecure: boolean;
  readonly tcp: TcpHandle;
  readonly address: string | undefined;
  remoteAddress: string;
  identityFor: Connection["identityFor"];
  alpn: string | undefined;
  ownBuffer: Buffer | undefined;
  isClosed = false;
  readonly #room: HandleRoom;
  readonly #below: HandleConnection | undefined;
  #above: HandleConnection | undefined;
  readonly #stream: StreamHandle;
  readonly #output: HandleOutput;
  readonly #onSendFailure: (() => void) | undefined;
  #onLeft: (() => void) | undefined;
  #events: ConnectionEvents | undefined;
  /** What came before anything could read it. */
  #early: Buffer | undefined;
  #error: Error | undefined;
  /** As a proxy in front says. */
  #saidEnds: ConnectionEnds | undefined;
  #localPort: number | undefined;
  #isConnected: boolean;
  #isPaused = false;
  #isReading = false;
  #hasBuffer = false;
  /** What came while it was paused: what one read of the system brought. */
  readonly #held: Buffer[] = [];
  #hasPeerEnded = false;
  #isEndTold = false;
  #hasEnded = false;
  /** Is closed when our side has ended. */
  #isFinishing = false;

  constructor(room: HandleRoom, tcp: TcpHandle, options: HandleConnectionOptions) {
    const { address, secure, isConnected = true, onSendFailure } = options;
    this.#room = room;
    this.tcp = tcp;
    this.#below = secure?.below;
    this.#stream = secure?.stream ?? tcp;
    this.address = address;
    this.remoteAddress = address ?? "";
    this.identityFor = undefined;
    this.alpn = undefined;
    this.ownBuffer = undefined;
    this.isSecure = secure !== undefined;
    this.#isConnected = isConnected;
    this.#onSendFailure = onSendFailure;
    this.#output = new HandleOutput(room.streams, this.#stream, { isSecure: this.isSecure, isConnected }, this);
  }

  get localPort(): number {
    this.#localPort ??= portOf(this.tcp, this.isClosed);
    return this.isClosed ? 0 : this.#localPort;
  }

  acknowledgement(): Acknowledgement | undefined {
    return this.isClosed ? undefined : readAcknowledgement(this.tcp.fd);
  }

  get queuedBytes(): number {
    return this.#output.queuedBytes;
  }

  /** Says whose connection it is. */
  admit({ address, ends }: Pick<Admission, "address" | "ends">): void {
    this.remoteAddress = address;
    this.#saidEnds = ends;
  }

  get askedPort(): number | undefined {
    return this.#saidEnds?.asked.port;
  }

  readEnds(): ConnectionEnds {
    if (this.#saidEnds !== undefined) return this.#saidEnds;
    const [peer, own]: [SocketAddress, SocketAddress] = [{}, {}];
    const isPeerKnown = !this.isClosed && this.tcp.getpeername(peer) === 0;
    const isOwnKnown = !this.isClosed && this.tcp.getsockname(own) === 0;
    return {
      client: { address: this.remoteAddress, port: isPeerKnown ? (peer.port ?? 0) : 0 },
      asked: {
        address: withoutMapping(isOwnKnown ? (own.address ?? "") : ""),
        port: isOwnKnown ? (own.port ?? 0) : 0,
      },
    };
  }

  /** Tells these what happens, and reads. */
  listen(events: ConnectionEvents): void {
    this.#events = events;
    const early = this.takeEarly();
    if (early !== undefined) events.onData(early, 0, early.length);
    this.#read();
  }

  /** What came before anything could read it, at most once. */
  takeEarly(): Buffer | undefined {
    const early = this.#early;
    this.#early = undefined;
    return early;
  }

  /** Leaves reading and writing to the encrypted connection above, and tells the end of this one alone. */
  giveUp(above: HandleConnection, onClose: ConnectionEvents["onClose"]): void {
    if (this.#isReading) this.#stopReading();
    this.#isPaused = true;
    this.#above = above;
    this.#events = { ...NOTHING, onClose };
    // The TCP connection lives until it is closed, and with it all that it is read by.
    this.tcp.owner = this;
  }

  /** Reads and writes again, without encryption. What is above must have let go of the TCP connection. */
  takeBack(events: ConnectionEvents): void {
    this.#above = undefined;
    this.#isPaused = false;
    this.listen(events);
  }

  /** The connection that was being made is there. */
  start(): void {
    if (this.isClosed) return;
    this.#isConnected = true;
    this.#read();
    this.#output.start();
  }

  #read(): void {
    if (this.#isReading || this.#isPaused || !this.#isConnected || this.#hasPeerEnded || this.isClosed) return;
    this.#isReading = true;
    if (!this.#hasBuffer) this.#useBuffers();
    const status = this.#stream.readStart();
    if (status !== 0) this.fail(errorOf(status, "read"));
  }

  #useBuffers(): void {
    this.#hasBuffer = true;
    this.#stream.owner = this;
    this.#stream.onread = onRead;
    this.#stream.useUserBuffer(this.#room.buffers.shared);
  }

  /** A read has come. What it returns is read into next. */
  onRead(): Buffer | undefined {
    const length = this.#room.streams.readStatus();
    if (this.isClosed || length === 0) return undefined;
    if (length > 0 && this.#isPaused) this.#hold(length);
    else if (length > 0) return this.#room.buffers.deliver(this, length);
    else if (length === END_OF_FILE) this.#onEnd();
    else this.fail(errorOf(length, "read"));
    return undefined;
  }

  /** Keeps what came while it is paused, and reads no further. */
  #hold(length: number): void {
    const bytes = this.ownBuffer ?? this.#room.buffers.shared;
    this.#held.push(Buffer.from(bytes.subarray(0, length)));
    this.#stopReading();
  }

  #stopReading(): void {
    this.#isReading = false;
    this.#stream.readStop();
  }

  take(bytes: Buffer, start: number, end: number): boolean {
    return this.#events!.onData(bytes, start, end);
  }

  /** TLS may report its own end, and then that of the connection below. */
  #onEnd(): void {
    if (this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    this.#stopReading();
    if (this.#held.length === 0) this.#tellEnd();
  }

  #tellEnd(): void {
    this.#isEndTold = true;
    this.#events!.onEnd();
    if (this.#hasEnded) this.close();
  }

  onDrain(): void {
    if (!this.isClosed) this.#events?.onDrain();
  }

  onFailure(error: Error): void {
    if (this.#onSendFailure === undefined) this.fail(error);
    else this.#onSendFailure();
  }

  onEnded(): void {
    this.#hasEnded = true;
    if (this.#isEndTold || this.#isFinishing) this.close();
  }

  send(buffer: Buffer, start: number, end: number): boolean {
    return this.#output.send(buffer, start, end);
  }

  /** Goes on reading until something comes, because that the other end is gone has to be seen. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#held.length === 0) this.#read();
    else queueMicrotask(this.#deliverHeld);
  }

  readonly #deliverHeld = (): void => {
    while (this.#held.length > 0 && !this.#isPaused && !this.isClosed) {
      const bytes = this.#held.shift()!;
      this.#events!.onData(bytes, 0, bytes.length);
    }
    if (this.#held.length > 0 || this.isClosed) return;
    if (this.#hasPeerEnded && !this.#isEndTold) this.#tellEnd();
    else this.#read();
  };

  end(): boolean {
    return this.#output.end();
  }

  finish(): void {
    this.#isFinishing = true;
    // With nothing queued the kernel sends the rest and the end. TLS has its own end to send.
    const isDone = this.#output.queuedBytes === 0 && !this.isSecure;
    if (isDone || this.#hasEnded || this.#output.isBroken) this.close();
    else this.#output.end();
  }

  close(): void {
    if (!this.#beginClosing()) return;
    if (this.#below === undefined) this.tcp.close(this.tellGone);
    else this.#below.close();
  }

  /** False: that was done before. */
  #beginClosing(): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    this.#output.drop();
    if (this.#above !== undefined) this.#above.#beginClosing();
    return true;
  }

  /** As `close`, for the gate. */
  destroy(): void {
    this.close();
  }

  /** Closes, because of this error. */
  fail(error: Error): void {
    this.#error ??= error;
    this.close();
  }

  abort(): void {
    if (!this.#beginClosing()) return;
    // While it is being shut down Node would never close it after a reset; and all was sent before.
    const isReset = !this.#output.isShuttingDown;
    if (this.#below !== undefined && isReset) this.#below.abort();
    else if (this.#below !== undefined) this.#below.close();
    else if (isReset) this.tcp.reset(this.tellGone);
    else this.tcp.close(this.tellGone);
  }

  startPreface({ onBytes, onEnd, onGone }: Parameters<Arrival["startPreface"]>[0]): void {
    const onData = (bytes: Buffer, start: number, end: number): boolean => {
      onBytes(Buffer.from(bytes.subarray(start, end)));
      return false;
    };
    this.listen({ onData, onEnd, onDrain: () => undefined, onClose: onGone });
  }

  stopPreface(rest: Buffer): void {
    if (rest.length > 0) this.#early = rest;
  }

  onGone(call: () => void): void {
    this.#onLeft = call;
  }

  /** The connection is closed, down to the system. */
  readonly tellGone = (): void => {
    this.#room.buffers.release(this);
    this.#onLeft?.();
    this.#events?.onClose(this.#error);
  };
}

/** One function for all streams, because they call it as their method. */
function onRead(this: StreamHandle): Buffer | undefined {
  return (this.owner as HandleConnection).onRead();
}

function portOf(tcp: TcpHandle, isClosed: boolean): number {
  const address: SocketAddress = {};
  return !isClosed && tcp.getsockname(address) === 0 ? (address.port ?? 0) : 0;
}
