import { createServer, type Server } from "node:net";
import { createServer as createTlsServer, type SecureContext } from "node:tls";
import type { Connection, ConnectionEvents } from "./connection.ts";
import { acceptedConnection } from "./net.ts";

/** What takes accepted connections and gives the events for them. */
export type Accept = (connection: Connection) => ConnectionEvents;

/** How long a client may take for its TLS handshake. */
const HANDSHAKE_MS = 10_000;

const ACCEPT_OPTIONS = { allowHalfOpen: true, noDelay: true };

/** A server for plain connections, not yet listening. Beyond `maxConnections` it closes new ones at once. */
export function plainServer(accept: Accept, maxConnections: number): Server {
  const server = createServer(ACCEPT_OPTIONS, (socket) => {
    acceptedConnection(socket, accept);
  });
  server.maxConnections = maxConnections;
  return server;
}

export interface SecureServerOptions {
  readonly accept: Accept;
  readonly maxConnections: number;
  /** The certificate for a server name, or for clients that give none (undefined). */
  readonly contextOf: (serverName: string | undefined) => SecureContext;
  /** The certificate for clients that give no server name. */
  readonly fallback: { readonly cert: string; readonly key: string };
  /** Is given what has to be called with another certificate for clients that give no server name. */
  readonly onFallbackChange?: (use: (pair: { readonly cert: string; readonly key: string }) => void) => void;
  readonly onHandshakeFailure: (error: Error) => void;
  /** Default 10 seconds. */
  readonly handshakeMs?: number;
}

/** A server for TLS 1.2 and 1.3, not yet listening. */
export function secureServer(options: SecureServerOptions): Server {
  const { accept, contextOf, fallback, handshakeMs = HANDSHAKE_MS, onHandshakeFailure } = options;
  const server = createTlsServer(
    {
      ...ACCEPT_OPTIONS,
      ...fallback,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: handshakeMs,
      SNICallback: (serverName, done) => done(null, contextOf(serverName)),
    },
    (socket) => {
      acceptedConnection(socket, accept);
    },
  );
  options.onFallbackChange?.((pair) => server.setSecureContext({ ...pair, minVersion: "TLSv1.2" }));
  server.maxConnections = options.maxConnections;
  server.on("tlsClientError", (error, socket) => {
    // After its time limit Node only tells, and the connection would stay for ever.
    socket.destroy();
    onHandshakeFailure(error);
  });
  return server;
}
