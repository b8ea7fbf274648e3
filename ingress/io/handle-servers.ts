import { createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { admit } from "./arrival.ts";
import { type HandleRoom, HandleConnection } from "./handle-connection.ts";
import { shakeHands } from "./shake-hands.ts";
import { sharedContextOf, type SocketAddress, takeHandles, type TcpHandle } from "./node-streams.ts";
import {
  alpnProtocols,
  followChanges,
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
    admit(connection, options, (admission) => {
      connection.admit(admission);
      const events = options.accept(connection);
      admission.occupant = events;
      connection.listen(events);
    });
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
  const server = createServer();
  takeHandles(server, (tcp) => {
    const plain = acceptedHandle(room, tcp);
    admit(plain, options, (admission) => {
      const tls = room.streams.serveTls(tcp, sharedContextOf(handshakes));
      shakeHands(room, plain, { tls, admission, options, protocols });
    });
  });
  return server;
}

/** The address of the last connection that was accepted: one object, because Node fills it in and each new one costs. */
const peer: Required<SocketAddress> & { family: string } = { address: "", family: "", port: 0 };

/** A connection that was accepted. */
function acceptedHandle(room: HandleRoom, tcp: TcpHandle): HandleConnection {
  tcp.setNoDelay(true);
  const isThere = tcp.getpeername(peer) === 0;
  return new HandleConnection(room, tcp, { address: isThere ? withoutMapping(peer.address) : undefined });
}
