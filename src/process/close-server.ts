import type { Server } from "node:http";
import type { ListenHandle } from "./listen.ts";

/** Stops listening, cuts all connections, and waits until the server is closed. */
export async function closeServer(server: Server, handle: ListenHandle): Promise<void> {
  const closed = server.listening ? new Promise<void>((resolve) => server.once("close", resolve)) : undefined;
  handle.close();
  server.closeAllConnections();
  await closed;
}
