import { connect, type Socket } from "node:net";
import { connect as connectTls, type DetailedPeerCertificate, type PeerCertificate, type TLSSocket } from "node:tls";
import { type Acknowledgement, readAcknowledgement } from "#src/linux/acknowledgement.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { Admission } from "./connection-gate.ts";
import type { Connect, Connection, ConnectionEnds, ConnectionEvents, OutgoingEvents } from "./connection.ts";
import { descriptorOf } from "./descriptor-of.ts";
import { OutgoingSocket } from "./outgoing-socket.ts";
import { type SecureTarget, UNTRUSTED } from "./secure-target.ts";
import { withoutMapping } from "./without-mapping.ts";

const NOTHING = Buffer.alloc(0);
/** Up to this many bytes are copied and queued for TLS. */
const SMALL_BYTES = 16_384;

/** The code of the error of a connection whose other end did not agree to what was to be spoken. */
const NO_ALPN = "ERR_TLS_ALPN";

/** An endpoint that has been silent for so long is asked by the kernel; after ten times a second without answer it is gone. */
const KEEP_ALIVE_MS = 5_000;
/** Half open, because a tunnel may end one side first. */
const OUTGOING_OPTIONS = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };

/**
 * Text of the address at the other end, IPv4-mapped IPv6 addresses as IPv4. Undefined where the kernel no longer knows it,
 * because the other end has reset the connection.
 */
export function addressOf(socket: Socket): string | undefined {
  return socket.remoteAddress === undefined ? undefined : withoutMapping(socket.remoteAddress);
}

/**
 * Wraps an accepted `node:net` or `node:tls` socket of a client that was let in; `use` gives the events for it, and
 * `identityFor` says whom it is from.
 */
export function acceptedConnection(
  socket: Socket | TLSSocket,
  { address, ends }: Pick<Admission, "address" | "ends">,
  use: (connection: Connection) => ConnectionEvents,
  identityFor?: Connection["identityFor"],
): Connection {
  const connection = new SocketConnection(socket, "encrypted" in socket, address);
  connection.identityFor = identityFor;
  connection.saidEnds = ends;
  const events = use(connection);
  socket.on("data", (chunk: Buffer) => {
    events.onData(chunk, 0, chunk.length);
  });
  connection.listen(events);
  return connection;
}

/**
 * Opens connections by `node:net`. All that wait read into one shared buffer, so that idle ones hold none. Node fixes the
 * buffer of the next read when the last one ends: the shared one is in the hands of every connection and is never lent,
 * its bytes are copied. A read that fills it announces more, and that goes into a buffer of the connection's own.
 */
export function netConnect(pool: BufferPool): Connect {
  const shared = pool.take();
  return ({ address, port }, events, secure, first) => {
    if (secure !== undefined) return connectSecurely({ address, port }, events, secure, first);
    let own: Buffer | undefined;
    const onRead = (length: number): true => {
      const bytes = own ?? pool.take();
      if (own === undefined) shared.copy(bytes, 0, 0, length);
      const isKept = events.onData(bytes, 0, length);
      own = length === shared.length ? (isKept ? pool.take() : bytes) : undefined;
      if (!isKept && own === undefined) pool.give(bytes);
      return true;
    };
    const onread = { buffer: () => own ?? shared, callback: onRead };
    const socket = new OutgoingSocket({ ...OUTGOING_OPTIONS, onread }, () => events.onSendFailure());
    socket.connect({ host: address, port });
    if (first !== undefined) socket.write(first);
    const connection = new SocketConnection(socket, false, address);
    socket.once("connect", () => events.onConnect());
    connection.listen(events);
    return connection;
  };
}

/** Opens a connection by `node:tls`, with the session of an earlier one to the same place. `first` goes before the handshake. */
export function connectSecurely(
  { address, port }: { readonly address: string; readonly port: number },
  events: OutgoingEvents,
  { protocol, context, sentName, verify, sessions }: SecureTarget,
  first?: Buffer,
): Connection {
  const place = `${address} ${port}`;
  const session = sessions.get(place);
  const below = first === undefined ? undefined : connectWith(first, { host: address, port });
  const options = {
    ...(below === undefined ? { host: address, port } : { socket: below }),
    allowHalfOpen: true,
    secureContext: context,
    ALPNProtocols: [protocol],
    rejectUnauthorized: verify !== undefined,
    // Node gives it with those that issued it.
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      verify?.(certificate as DetailedPeerCertificate),
    ...(sentName !== undefined && { servername: sentName }),
    ...(session !== undefined && { session }),
  };
  const socket = connectTls(options);
  below?.on("error", (error) => socket.destroy(error));
  socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
  let isOpen = false;
  let latest: Buffer | undefined;
  // What comes before the other end has proved anything is not kept.
  socket.on("session", (given: Buffer) => {
    latest = given;
    if (isOpen) sessions.set(place, given);
  });
  socket.once("secureConnect", () => {
    if (protocol === "h2" && socket.alpnProtocol !== protocol) {
      socket.destroy(Object.assign(new Error("HTTP/2 was not agreed to"), { code: NO_ALPN }));
      return;
    }
    isOpen = true;
    if (latest !== undefined) sessions.set(place, latest);
    events.onConnect();
  });
  socket.on("data", (chunk: Buffer) => {
    events.onData(chunk, 0, chunk.length);
  });
  const connection = new SocketConnection(socket, true, address);
  connection.listen({
    onData: () => false,
    onEnd: () => events.onEnd(),
    onDrain: () => events.onDrain(),
    onClose: (error) => {
      if (!isOpen) sessions.delete(place);
      // Null where nothing is wrong.
      const isUntrusted = verify !== undefined && !isOpen && Boolean(socket.authorizationError);
      events.onClose(isUntrusted ? Object.assign(new Error("not trusted"), { code: UNTRUSTED }) : error);
    },
  });
  return connection;
}

/** A socket on its way to a place, which sends this before all else. */
function connectWith(first: Buffer, place: { readonly host: string; readonly port: number }): Socket {
  const socket = connect({ ...place, allowHalfOpen: true });
  socket.write(first);
  return socket;
}

/** A connection over a `node:net` or `node:tls` socket. */
class SocketConnection implements Connection {
  readonly isSecure: boolean;
  readonly alpn: string | undefined;
  readonly remoteAddress: string;
  /** As a proxy in front says. */
  saidEnds: ConnectionEnds | undefined;
  identityFor: Connection["identityFor"];
  readonly #socket: Socket;
  #events: ConnectionEvents | undefined;
  #error: Error | undefined;
  #isDraining = false;
  #hasEnded = false;

  constructor(socket: Socket, isSecure: boolean, remoteAddress: string) {
    this.#socket = socket;
    this.isSecure = isSecure;
    this.alpn = (isSecure && (socket as TLSSocket).alpnProtocol) || undefined;
    this.remoteAddress = remoteAddress;
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  get askedPort(): number | undefined {
    return this.saidEnds?.asked.port;
  }

  readEnds(): ConnectionEnds {
    const { localAddress = "", localPort = 0, remotePort = 0 } = this.#socket;
    const client = { address: this.remoteAddress, port: remotePort };
    return this.saidEnds ?? { client, asked: { address: withoutMapping(localAddress), port: localPort } };
  }

  acknowledgement(): Acknowledgement | undefined {
    const descriptor = descriptorOf(this.#socket);
    return descriptor === undefined ? undefined : readAcknowledgement(descriptor);
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  listen(events: ConnectionEvents): void {
    this.#events = events;
    const socket = this.#socket;
    socket.on("end", () => events.onEnd());
    socket.on("error", (error: Error) => {
      this.#error = error;
    });
    socket.on("close", () => events.onClose(this.#error));
  }

  send(buffer: Buffer, start: number, end: number): boolean {
    const socket = this.#socket;
    if (this.#hasEnded || socket.destroyed) return true;
    if (this.isSecure) return this.#sendSecure(buffer, start, end);
    socket.write(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end));
    // Zero: the kernel took all of it during the call.
    if (socket.writableLength === 0) return true;
    this.#awaitDrain();
    return false;
  }

  /** TLS writes never complete during the call. Small ones are copied, so that the engine need not wait for each. */
  #sendSecure(buffer: Buffer, start: number, end: number): boolean {
    const socket = this.#socket;
    if (end - start <= SMALL_BYTES && socket.writableLength <= SMALL_BYTES) {
      socket.write(Buffer.from(buffer.subarray(start, end)), this.#onWritten);
      return true;
    }
    this.#isDraining = true;
    socket.write(buffer.subarray(start, end), this.#onWritten);
    return false;
  }

  /**
   * The event "drain" does not come after a write that fitted the high-water mark, and a callback for every write costs
   * each of them. So only where a write is still pending, an empty one follows it, whose callback says that all has left.
   */
  #awaitDrain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#socket.write(NOTHING, this.#onWritten);
  }

  readonly #onWritten = (): void => {
    if (!this.#isDraining || this.#socket.destroyed) return;
    if (this.#socket.writableLength === 0) {
      this.#isDraining = false;
      this.#events?.onDrain();
    } else if (!this.isSecure && !this.#hasEnded) {
      this.#socket.write(NOTHING, this.#onWritten);
    }
  };

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): boolean {
    if (this.#hasEnded || this.#socket.destroyed) return true;
    this.#hasEnded = true;
    this.#isDraining = this.#socket.writableLength > 0;
    if (this.#isDraining) this.#socket.end(this.#onWritten);
    else this.#socket.end();
    return !this.#isDraining;
  }

  finish(): void {
    this.#hasEnded = true;
    // With nothing queued the kernel sends the rest and the end. TLS has its own end to send.
    if (this.#socket.writableLength === 0 && !this.isSecure) this.#socket.destroy();
    else this.#socket.destroySoon();
  }

  close(): void {
    this.#socket.destroy();
  }

  abort(): void {
    const socket = this.#socket;
    if (!this.isSecure) {
      socket.resetAndDestroy();
      return;
    }
    // Without the reset of the connection below, many clients take the end of a TLS connection for a proper one.
    plainSocketOf(socket as TLSSocket).resetAndDestroy();
    socket.destroy();
  }
}

/** The TCP connection under a TLS connection. Node has no public name for it. */
export function plainSocketOf(socket: TLSSocket): Socket {
  const { _parent: plain } = socket as unknown as { readonly _parent: Socket };
  return plain;
}
