// Passes connections on, as a program in a host's namespace; a Unix socket is reached from every network namespace.
// Usage: node lab/cluster-relay.ts SOCKET-FILE ADDRESS PORT
import { once } from "node:events";
import { rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { pathToFileURL } from "node:url";

/** Where a relay listens or connects to: a Unix socket, or a TCP port (0 lets the kernel choose where it listens). */
export type RelayEnd = { readonly path: string } | { readonly host: string; readonly port: number };

/** Listens at one end and passes each connection on to the other. Resolves when it listens; closing it cuts no connection. */
export async function openRelay(listen: RelayEnd, target: RelayEnd): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...target, allowHalfOpen: true });
    passOn(near, far);
    passOn(far, near);
  });
  // A relay that was killed leaves its socket's file behind.
  if ("path" in listen) rmSync(listen.path, { force: true });
  server.listen(listen);
  await once(server, "listening");
  return server;
}

/** The TCP port at which a relay listens. */
export function relayPort(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** One direction; when either socket breaks, so does the other, as if there were one connection. */
export function passOn(from: Socket, to: Socket): void {
  from.setNoDelay();
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", () => {
    if (from.errored !== null || !from.readableEnded) to.destroy();
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path = "", host = "", port = ""] = process.argv.slice(2);
  await openRelay({ path }, { host, port: Number(port) });
  console.log("ready");
}
