import type { Server } from "node:net";
import type { BufferPool } from "./buffer-pool.ts";
import type { Connect } from "./connection.ts";
import { handleConnect } from "./handle-connect.ts";
import { plainHandleServer, secureHandleServer } from "./handle-servers.ts";
import { netConnect } from "./net.ts";
import type { NodeStreams } from "./node-streams.ts";
import { ReadBuffers } from "./read-buffers.ts";
import { plainServer, type PlainServerOptions, secureServer, type SecureServerOptions } from "./servers.ts";

/** The ways to move bytes: over Node's streams themselves, or over its sockets. */
export type IoName = "handles" | "net";

/** What accepts connections and opens them. */
export interface Io {
  readonly name: IoName;
  /** The way to open connections, with these buffers. */
  connect(buffers: BufferPool): Connect;
  /** A server for plain connections, not yet listening; it reads into these buffers. */
  plainServer(options: PlainServerOptions, buffers: BufferPool): Server;
  /** A server for TLS 1.2 and 1.3, not yet listening. */
  secureServer(options: SecureServerOptions, buffers: BufferPool): Server;
}

/** `node:net` and `node:tls`. */
export const netIo: Io = { name: "net", connect: netConnect, plainServer, secureServer };

/** The streams below these: a connection costs a fraction. */
export function handleIo(streams: NodeStreams): Io {
  return {
    name: "handles",
    connect: (buffers) => handleConnect(streams, buffers),
    plainServer: (options, buffers) => plainHandleServer({ streams, buffers: new ReadBuffers(buffers) }, options),
    secureServer: (options, buffers) => secureHandleServer({ streams, buffers: new ReadBuffers(buffers) }, options),
  };
}
