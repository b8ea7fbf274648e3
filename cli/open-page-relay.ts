import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port of 127.0.0.1 whose connections go to a Unix socket, on which a program in other network namespaces listens. */
export interface PageRelay extends AsyncDisposable {
  readonly port: number;
  /** The path of the Unix socket. */
  readonly socket: string;
}

/** Listens on a free port of 127.0.0.1. A connection ends where no program listens on the socket. */
export async function openPageRelay(): Promise<PageRelay> {
  const folder = await mkdtemp(join(tmpdir(), "hawser-page-"));
  const socket = join(folder, "socket");
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const inside = connect(socket);
    for (const one of [client, inside]) {
      open.add(one);
      one.on("error", () => {
        client.destroy();
        inside.destroy();
      });
      one.once("close", () => open.delete(one));
    }
    client.pipe(inside).pipe(client);
  });
  server.listen({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    socket,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const one of open) one.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
