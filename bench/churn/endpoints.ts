import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** RFC 6455 section 1.3. */
const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Programs on loopback: one that clients ask all the time, and two that take turns. */
export interface ChurnEndpoints extends AsyncDisposable {
  /** Also echoes what comes through a tunnel. */
  readonly steady: number;
  /** Each answers with its own port. */
  readonly turns: readonly [number, number];
}

/** Starts them. */
export async function churnEndpoints(): Promise<ChurnEndpoints> {
  const servers = Array.from({ length: 3 }, () =>
    createServer({ keepAliveTimeout: 600_000 }, (request, response) =>
      response.end(`${(request.socket.address() as AddressInfo).port}`),
    ),
  );
  servers[0]!.on("upgrade", ({ headers }, socket) => {
    const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}${WEBSOCKET_GUID}`).digest("base64");
    socket.on("error", () => undefined);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  const [steady = 0, first = 0, second = 0] = await Promise.all(servers.map(listen));
  return {
    steady,
    turns: [first, second],
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
