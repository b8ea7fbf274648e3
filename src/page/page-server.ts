import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createPageHandler, type PageHandlerOptions } from "./page-handler.ts";
import { readPageRequest } from "./page-request.ts";

/** More than a few pages with their streams and files need. */
const MAX_CONNECTIONS = 64;
const SILENCE_MS = 10_000;

export interface PageServerOptions extends Omit<PageHandlerOptions, "read"> {
  /** The secret first segment of every path. */
  readonly token: string;
  /** 0 lets the kernel choose. Or the path of a Unix socket, for a relay that listens on `hostPort`. */
  readonly listen: { readonly port: number } | { readonly socket: string; readonly hostPort: number };
}

export interface PageServer {
  /** The address to open. */
  readonly url: string;
  /** How many pages follow. */
  following(): number;
  close(): Promise<void>;
}

/**
 * Serves the page on the loopback address of this machine: its files, the stream of what is seen, and explanations. Only
 * requests with the token, the right Host and no other site behind them are answered, all of them read; nothing can be
 * changed here. Rejects where it cannot listen.
 */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const { token, listen } = options;
  const hosts = new Set<string>();
  const isOwnHost = (host: string): boolean => hosts.has(host);
  const handler = createPageHandler({ ...options, read: (asked) => readPageRequest(asked, { token, isOwnHost }) });
  const limits = { headersTimeout: SILENCE_MS, requestTimeout: SILENCE_MS, keepAliveTimeout: SILENCE_MS };
  const server = createServer(limits, (request, response) => handler.handle(request, response));
  server.maxConnections = MAX_CONNECTIONS;

  server.listen("port" in listen ? { port: listen.port, host: "127.0.0.1" } : { path: listen.socket });
  await once(server, "listening");
  const port = "port" in listen ? (server.address() as AddressInfo).port : listen.hostPort;
  for (const name of ["127.0.0.1", "localhost", "[::1]"]) hosts.add(`${name}:${port}`);
  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    following: () => handler.following(),
    async close() {
      handler.close();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
