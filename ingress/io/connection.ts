import type { ClientIdentity } from "#src/filters/client-certificate.ts";
import type { Acknowledgement } from "#src/linux/acknowledgement.ts";
import type { Occupant } from "./connection-gate.ts";
import type { SecureTarget } from "./secure-target.ts";

/** One end of a connection: the text of its address, IPv4-mapped IPv6 addresses as IPv4, and its port. */
export interface SocketEnd {
  readonly address: string;
  readonly port: number;
}

/** Between whom a connection of a client is: whose it is, and what that has connected to. */
export interface ConnectionEnds {
  readonly client: SocketEnd;
  readonly asked: SocketEnd;
}

/**
 * The narrow waist between the HTTP engine and whatever moves bytes. The engine never sees a socket: it runs the same on
 * `node:net`, on `node:tls` and on anything else that can do this.
 */
export interface Connection {
  /** Text of the peer's address as it was at accept, IPv4-mapped IPv6 addresses as IPv4. */
  readonly remoteAddress: string;
  /** The port that the client connected to at a proxy in front; undefined: no proxy has said so. */
  readonly askedPort?: number | undefined;
  /**
   * As a proxy in front says in its header, else as the kernel does. Of a connection that is gone, what is not known any longer is an empty address,
   * and port 0.
   */
  readEnds?(): ConnectionEnds;
  /** The port on our side; 0 where the connection is gone. */
  readonly localPort: number;
  readonly isSecure: boolean;
  /**
   * Whom the connection is from, for requests for a host that asks for client certificates; undefined: no certificate was asked
   * for. Its own host tells whether it was opened for that one.
   */
  readonly identityFor?: ((host: string) => ClientIdentity | undefined) | undefined;
  /** The protocol that the client and we agreed on by ALPN (RFC 7301); undefined: none was asked for. */
  readonly alpn?: string | undefined;
  /** What the kernel of the other end has said of what was sent; undefined where that cannot be known. */
  acknowledgement?(): Acknowledgement | undefined;
  /** Bytes that were given to `send` and that the kernel does not have yet. */
  readonly queuedBytes: number;
  /**
   * Queues bytes for sending. True: they are on their way and the buffer is free again. False: the buffer is in use until
   * `onDrain`, and the sender should wait for that. Ignored after `end`, `close` and `abort`.
   */
  send(buffer: Buffer, start: number, end: number): boolean;
  /** Stops `onData` (at most once more it may come) until `resume`. */
  pause(): void;
  resume(): void;
  /**
   * Ends our side after what is queued; the peer may still send. True: all has left. False: `onDrain` tells when it has.
   */
  end(): boolean;
  /** Closes both sides after what is queued: for a peer that has said that it sends nothing further. */
  finish(): void;
  /** Closes both sides and drops what is queued. */
  close(): void;
  /** Closes so that the peer cannot take it for a proper end (TCP reset). */
  abort(): void;
}

/** The events of a connection. */
export interface ConnectionEvents {
  /**
   * Bytes came. They are valid during the call only, unless it returns true: then the buffer is the receiver's, who gives
   * it to the buffer pool when done.
   */
  onData(buffer: Buffer, start: number, end: number): boolean;
  /** The peer has ended its side. */
  onEnd(): void;
  /** Everything queued has left; all buffers are free. Comes only after `send` or `end` returned false. */
  onDrain(): void;
  /** The connection is gone; nothing comes after this. An error says that it was not the proper way. */
  onClose(error: Error | undefined): void;
}

/** The events of an accepted connection, and what it answers when connections run out. */
export interface AcceptedEvents extends ConnectionEvents, Occupant {}

/** The events of a connection that we open. */
export interface OutgoingEvents extends ConnectionEvents {
  onConnect(): void;
  /**
   * The peer no longer takes bytes. What it sent before may still come, and then `onClose`. Until then `send` drops what it
   * is given.
   */
  onSendFailure(): void;
}

/**
 * Opens a connection to an address literal, by TLS where `secure` says how: then `onConnect` comes when the other end has proved
 * what it has to. `first` is sent before all else, also before TLS; it is kept. Failure comes as `onClose` without `onConnect`.
 */
export type Connect = (
  to: { readonly address: string; readonly port: number },
  events: OutgoingEvents,
  secure?: SecureTarget,
  first?: Buffer,
) => Connection;
