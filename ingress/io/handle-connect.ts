import type { BufferPool } from "./buffer-pool.ts";
import type { Connect } from "./connection.ts";
import { HandleConnection } from "./handle-connection.ts";
import { errorOf } from "./handle-output.ts";
import { connectSecurely } from "./net.ts";
import type { NodeStreams } from "./node-streams.ts";
import { ReadBuffers } from "./read-buffers.ts";

/** An endpoint that has been silent for so long is asked by the kernel; after ten times a second without answer it is gone. */
const KEEP_ALIVE = { afterS: 5, everyS: 1, times: 10 };

/** Opens connections over the streams of Node; those by TLS by `node:tls`. */
export function handleConnect(streams: NodeStreams, pool: BufferPool): Connect {
  const room = { streams, buffers: new ReadBuffers(pool) };
  return ({ address, port }, events, secure, first) => {
    if (secure !== undefined) return connectSecurely({ address, port }, events, secure, first);
    const tcp = streams.newTcp();
    const onSendFailure = (): void => events.onSendFailure();
    const connection = new HandleConnection(room, tcp, { address, isConnected: false, onSendFailure });
    const request = streams.newConnect();
    request.oncomplete = (status) => {
      if (connection.isClosed) return;
      if (status !== 0) {
        connection.fail(errorOf(status, "connect"));
        return;
      }
      tcp.setNoDelay(true);
      tcp.setKeepAlive(true, KEEP_ALIVE.afterS, KEEP_ALIVE.everyS, KEEP_ALIVE.times);
      events.onConnect();
      connection.start();
    };
    connection.listen(events);
    if (first !== undefined) connection.send(first, 0, first.length);
    const status = address.includes(":") ? tcp.connect6(request, address, port) : tcp.connect(request, address, port);
    if (status !== 0) connection.fail(errorOf(status, "connect"));
    return connection;
  };
}
