import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** More than all probes and scrapers of a node need; bounds what a stranger can open. */
const MAX_CONNECTIONS = 64;

/**
 * Bounds the connections of the admin server so that probes always get in: beyond the limit it closes the one that has
 * been silent for longest, of the client address that has most; one that awaits an answer only where all do. One address that opens many can so displace only its own, and
 * a connection that has just come, as a probe's has, outlives all that are silent.
 */
export function boundAdminConnections(server: Server, maxConnections = MAX_CONNECTIONS): void {
  /** Open connections by client address and port, the longest silent first. No empty maps. */
  const byAddress = new Map<string, Map<number, Socket>>();
  /** Those that await an answer. */
  const busy = new WeakSet<Socket>();
  let count = 0;

  function forget({ address, port }: Client, socket: Socket | undefined): void {
    const sockets = byAddress.get(address);
    if (socket === undefined || sockets?.get(port) !== socket) return;
    sockets.delete(port);
    count -= 1;
    if (sockets.size === 0) byAddress.delete(address);
  }

  function giveWay(): void {
    let [address, most] = ["", new Map<number, Socket>()];
    for (const [candidate, sockets] of byAddress) if (sockets.size > most.size) [address, most] = [candidate, sockets];
    const [longest] = [...most].filter(([, socket]) => !busy.has(socket)).concat([...most]);
    if (longest === undefined) return;
    const [port, socket] = longest;
    forget({ address, port }, socket);
    socket.destroy();
  }

  server.on("connection", (socket: Socket) => {
    const client = clientOf(socket);
    const { address, port } = client;
    // A port that a client has again, before the end of its last connection was seen.
    forget(client, byAddress.get(address)?.get(port));
    if (count === maxConnections) giveWay();
    const sockets = byAddress.get(address) ?? new Map<number, Socket>();
    byAddress.set(address, sockets.set(port, socket));
    count += 1;
    socket.once("close", () => forget(client, socket));
  });
  // Over TLS a request has another socket than the connection below it, of the same client.
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { address, port } = clientOf(request.socket);
    const sockets = byAddress.get(address);
    const socket = sockets?.get(port);
    if (sockets === undefined || socket === undefined) return;
    busy.add(socket);
    response.once("close", () => busy.delete(socket));
    sockets.delete(port);
    sockets.set(port, socket);
  });
}

interface Client {
  readonly address: string;
  readonly port: number;
}

function clientOf({ remoteAddress: address = "", remotePort: port = 0 }: Socket): Client {
  return { address, port };
}
