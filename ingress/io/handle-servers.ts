import { createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { admit } from "./arrival.ts";
import type { Admission } from "./connection-gate.ts";
import { type HandleRoom, HandleConnection } from "./handle-connection.ts";
import { waysOf } from "./passing.ts";
import { shakeHands } from "./shake-hands.ts";
import { sharedContextOf, type SocketAddress, takeHandles, type TcpHandle } from "./node-streams.ts";
import {
  type Accept,
  alpnProtocols,
  followChanges,
  HANDSHAKE_MS,
  handshakeOptions,
  type PlainServerOptions,
  type SecureServerOptions,
} from "./servers.ts";
import { withoutMapping } from "./without-mapping.ts";

/** A server for plain connections over the streams of Node, not yet listening. */
export function plainHandleServer(room: HandleRoom, options: PlainServerOptions): Server {
  const server = createServer();
  takeHandles(server, (tcp) => {
    const connection = acceptedHandle(room, tcp);
    admit(connection, options, (admission) => acceptPlain(connection, admission, options.accept));
  });
  return server;
}

/** A server for TLS over the streams of Node, not yet listening. */
export function secureHandleServer(room: HandleRoom, options: SecureServerOptions): Server {
  // Has the certificate for clients that give no server name, and the keys of sessions; it shakes no hands itself.
  const handshakes = createTlsServer(handshakeOptions(options, options.fallback));
  followChanges(handshakes, options);
  const protocols = Buffer.concat(
    alpnProtocols(options).map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`)),
  );
  const { passing, handshakeMs = HANDSHAKE_MS, onHandshakeFailure: onFailure } = options;
  const send = waysOf(passing, { handshakeMs, onFailure });
  const server = createServer();
  takeHandles(server, (tcp) => {
    const plain = acceptedHandle(room, tcp);
    admit(plain, options, (admission) =>
      send(plain, {
        pass: (accept) => acceptPlain(plain, admission, accept),
        shake: (leftMs = handshakeMs) => {
          const tls = room.streams.serveTls(tcp, sharedContextOf(handshakes));
          shakeHands(room, plain, { tls, admission, options, protocols, handshakeMs: leftMs });
        },
      }),
    );
  });
  return server;
}

/** Gives a connection to what takes it, as its client speaks. */
function acceptPlain(connection: HandleConnection, admission: Admission, accept: Accept): void {
  connection.admit(admission);
  const events = accept(connection);
  admission.occupant = events;
  connection.listen(events);
}

/** The address of the last connection that was accepted: one object, because Node fills it in and each new one costs. */
const peer: Required<SocketAddress> & { family: string } = { address: "", family: "", port: 0 };

/** A connection that was accepted. */
function acceptedHandle(room: HandleRoom, tcp: TcpHandle): HandleConnection {
  tcp.setNoDelay(true);
  const isThere = tcp.getpeername(peer) === 0;
  return new HandleConnection(room, tcp, { address: isThere ? withoutMapping(peer.address) : undefined });
}
