import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  type SecureContext,
  type Server as TlsServer,
  type TLSSocket,
} from "node:tls";
import { DEFAULT_CIPHERS } from "#ingress/tls/default-ciphers.ts";
import { admit, type Entrance } from "./arrival.ts";
import { type ClientVerification, identityForHosts, requestCertificate } from "./client-verification.ts";
import type { AcceptedEvents, Connection } from "./connection.ts";
import type { Admission } from "./connection-gate.ts";
import { acceptedConnection, plainSocketOf } from "./net.ts";
import { type Passing, waysOf } from "./passing.ts";
import { socketArrival } from "./socket-arrival.ts";

/** What takes accepted connections and gives the events for them. */
export type Accept = (connection: Connection) => AcceptedEvents;

/** How long a client may take for its TLS handshake. */
export const HANDSHAKE_MS = 10_000;
/** How long a client that spoke HTTP to the TLS port may take to read why it is not served. */
export const PLAIN_LINGER_MS = 2_000;
/** What the TLS library says of clients that speak HTTP. */
export const PLAIN_HTTP_ERRORS: ReadonlySet<string> = new Set(["ERR_SSL_HTTP_REQUEST", "ERR_SSL_HTTPS_PROXY_REQUEST"]);

/** A fatal alert of TLS, before anything is encrypted (RFC 8446 section 6): unrecognized_name. */
export const UNRECOGNIZED_NAME = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70]);

/** By ALPN, the best first (RFC 7301). */
export function alpnProtocols({ isHttp2On }: Pick<SecureServerOptions, "isHttp2On">): string[] {
  return isHttp2On === true ? ["h2", "http/1.1"] : ["http/1.1"];
}

/** As Node wants them. */
export const TICKET_KEYS_BYTES = 48;

const ACCEPT_OPTIONS = { allowHalfOpen: true, noDelay: true };

export interface PlainServerOptions extends Entrance {
  readonly accept: Accept;
}

/** A server for plain connections, not yet listening. */
export function plainServer(options: PlainServerOptions): Server {
  return createServer(ACCEPT_OPTIONS, (socket) =>
    admit(socketArrival(socket), options, (admission) => acceptPlain(socket, admission, options.accept)),
  );
}

/** Gives a connection to what takes it, as its client speaks. */
function acceptPlain(socket: Socket, admission: Admission, accept: Accept): void {
  acceptedConnection(socket, admission, (connection) => {
    const events = accept(connection);
    admission.occupant = events;
    return events;
  });
  // It is paused where something of it was read.
  if (socket.isPaused()) socket.resume();
}

export interface SecureServerOptions extends PlainServerOptions {
  /** The certificate for a server name, or for clients that give none (undefined). */
  readonly contextOf: (serverName: string | undefined) => SecureContext;
  /** How clients are verified that give this server name; undefined: they need no certificate. */
  readonly verificationOf?: (serverName: string) => ClientVerification | undefined;
  /** Is given what has to be called when sessions must not be resumed any longer. */
  readonly onTrustChange?: (forgetSessions: () => void) => void;
  /** Is given what has to be called with other keys for sessions, of 48 bytes: sessions of earlier ones are not resumed. */
  readonly onTicketKeys?: (use: (keys: Buffer) => void) => void;
  /** Whether clients that give this server name, or none, get no handshake; without it all get one. */
  readonly rejects?: (serverName: string | undefined) => boolean;
  /** The certificate for clients that give no server name. */
  readonly fallback: { readonly cert: string; readonly key: string };
  /** Is given what has to be called with another certificate for clients that give no server name. */
  readonly onFallbackChange?: (use: (pair: { readonly cert: string; readonly key: string }) => void) => void;
  readonly onHandshakeFailure: (error: Error) => void;
  /** Gives the answer for a client that speaks HTTP without TLS. */
  readonly answerPlainHttp: (clientAddress: string) => Buffer;
  /** Connections that are passed on before any handshake; without it none is. */
  readonly passing?: Passing | undefined;
  /** Cipher suites in OpenSSL's form; DEFAULT_CIPHERS by default. */
  readonly ciphers?: string | undefined;
  /** HTTP/2 is offered to clients; false by default. */
  readonly isHttp2On?: boolean;
  /** Default 10 seconds. */
  readonly handshakeMs?: number;
}

type Pair = SecureServerOptions["fallback"];

/** What the handshakes of a server have in common. */
export function handshakeOptions(
  { ciphers = DEFAULT_CIPHERS }: Pick<SecureServerOptions, "ciphers">,
  pair: Pair,
): Pair & { readonly ciphers: string; readonly minVersion: "TLSv1.2" } {
  return { ...pair, ciphers, minVersion: "TLSv1.2" };
}

/** Uses what the options say while the server runs. */
export function followChanges(handshakes: TlsServer, options: SecureServerOptions): void {
  // New keys: what clients have kept of earlier handshakes is worth nothing.
  options.onTrustChange?.(() => handshakes.setTicketKeys(randomBytes(TICKET_KEYS_BYTES)));
  options.onTicketKeys?.((keys) => handshakes.setTicketKeys(keys));
  options.onFallbackChange?.((pair) => handshakes.setSecureContext(handshakeOptions(options, pair)));
}

/** A server for TLS 1.2 and 1.3, not yet listening. */
export function secureServer(options: SecureServerOptions): Server {
  const { accept, contextOf, onHandshakeFailure, answerPlainHttp, handshakeMs = HANDSHAKE_MS } = options;
  const admissions = new WeakMap<Socket, Admission>();
  const verifications = new WeakMap<TLSSocket, ClientVerification>();
  function onServerName(
    this: TLSSocket,
    serverName: string,
    done: (error: Error | null, context?: SecureContext) => void,
  ): void {
    if (options.rejects?.(serverName) === true) {
      plainSocketOf(this).end(UNRECOGNIZED_NAME);
      done(new Error("no rule has the server name"));
      return;
    }
    const verification = options.verificationOf?.(serverName);
    if (verification !== undefined) {
      verifications.set(this, verification);
      if (verification.context !== undefined) requestCertificate(this);
    }
    done(null, verification?.context ?? contextOf(serverName));
  }
  const handshakes = createTlsServer(
    {
      ...ACCEPT_OPTIONS,
      ...handshakeOptions(options, options.fallback),
      ALPNProtocols: alpnProtocols(options),
      handshakeTimeout: handshakeMs,
      // What a certificate is worth is decided for each request.
      rejectUnauthorized: false,
      SNICallback: onServerName,
    },
    (socket) => {
      const admission = admissions.get(plainSocketOf(socket));
      // Without one it was refused, or is gone already.
      const isNameless = (socket as { readonly servername?: unknown }).servername === false;
      if (admission === undefined || (isNameless && options.rejects?.(undefined) === true)) {
        socket.destroy();
        return;
      }
      const use = (connection: Connection): AcceptedEvents => {
        const events = accept(connection);
        admission.occupant = events;
        return events;
      };
      const name: unknown = (socket as { readonly servername?: unknown }).servername;
      const identityFor = identityForHosts(socket, { verification: verifications.get(socket), name, ...options });
      acceptedConnection(socket, admission, use, identityFor);
    },
  );
  followChanges(handshakes, options);
  handshakes.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
    const plain = plainSocketOf(socket);
    const admission = admissions.get(plain);
    if (admission !== undefined && !plain.destroyed && PLAIN_HTTP_ERRORS.has(error.code ?? "")) {
      plain.end(answerPlainHttp(admission.address));
      plain.setTimeout(PLAIN_LINGER_MS, () => plain.destroy());
    } else {
      // After its time limit Node only tells, and the connection would stay for ever.
      socket.destroy();
    }
    onHandshakeFailure(error);
  });
  const send = waysOf(options.passing, { handshakeMs, onFailure: onHandshakeFailure });
  return createServer(ACCEPT_OPTIONS, (socket) => {
    const arrival = socketArrival(socket);
    admit(arrival, options, (admission) => {
      socket.on("error", () => undefined);
      send(arrival, {
        pass: (take) => acceptPlain(socket, admission, take),
        shake: (leftMs) => {
          if (leftMs !== undefined) closeUnlessShaken(socket, admission, leftMs);
          admissions.set(socket, admission);
          handshakes.emit("connection", socket);
        },
      });
    });
  });
}

/** The time for a handshake is that from the beginning of the connection, of which Node knows nothing. */
function closeUnlessShaken(socket: Socket, admission: Admission, afterMs: number): void {
  const timer = setTimeout(() => {
    if (admission.occupant === undefined) socket.destroy();
  }, afterMs);
  socket.once("close", () => clearTimeout(timer));
}
