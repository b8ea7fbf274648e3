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
  /** Open connections by client address, the longest silent first. No empty sets. */
  const byAddress = new Map<string, Set<Socket>>();
  const busy = new WeakSet<Socket>();
  let count = 0;

  function forget(socket: Socket, address: string): void {
    const sockets = byAddress.get(address);
    if (sockets?.delete(socket) !== true) return;
    count -= 1;
    if (sockets.size === 0) byAddress.delete(address);
  }

  function giveWay(): void {
    let [address, most] = ["", new Set<Socket>()];
    for (const [candidate, sockets] of byAddress) if (sockets.size > most.size) [address, most] = [candidate, sockets];
    const [longest] = [...most].filter((socket) => !busy.has(socket)).concat(...most);
    if (longest === undefined) return;
    forget(longest, address);
    longest.destroy();
  }

  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    if (count === maxConnections) giveWay();
    const sockets = byAddress.get(address) ?? new Set();
    byAddress.set(address, sockets.add(socket));
    count += 1;
    socket.once("close", () => forget(socket, address));
  });
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    busy.add(socket);
    response.once("close", () => busy.delete(socket));
    const sockets = byAddress.get(socket.remoteAddress ?? "");
    if (sockets?.delete(socket) === true) sockets.add(socket);
  });
}
