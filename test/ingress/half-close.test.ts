import type { Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { Certificates } from "#ingress/tls/certificates.ts";
import { until } from "#lab/rack/until.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { listen, openClient, type Proxy, startProxy, startEndpoint } from "#test/support/ingress-proxy.ts";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n";
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n";
/** More than the buffers of two sockets, so that much is under way when the sender ends. */
const SIZE = 8 * 1_048_576;

/** Reads a piece at a time: what comes fills the buffers before it, up to the end. */
function slowDown(socket: Socket): void {
  socket.on("data", () => {
    socket.pause();
    setTimeout(() => socket.resume(), 1);
  });
}

/** A TLS client of the proxy that reads slowly; `body` counts what came after the first head. */
async function openSlowTlsClient(proxy: Proxy): Promise<{ readonly socket: TLSSocket; body(): number }> {
  const certificates = new Certificates(Date.now());
  const server = engineTlsServer(proxy.engine, {
    contextOf: (name) => certificates.contextOf(name),
    fallback: certificates.fallback,
  });
  const port = await listen(server);
  server.unref();
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  let received = 0;
  let headEnd = -1;
  socket.on("error", () => undefined);
  socket.on("data", (data) => {
    if (headEnd === -1) headEnd = received + data.indexOf("\r\n\r\n") + 4;
    received += data.length;
  });
  slowDown(socket);
  return { socket, body: () => received - headEnd };
}

describe("a side of a tunnel that ends its output first", () => {
  it.each(["plain", "TLS"])("still gets all that the endpoint sends, over %s", async (kind) => {
    await using endpoint = await startEndpoint(
      (socket, text) => text.startsWith("GET") && socket.write(SWITCHING),
      (socket) => {
        socket.allowHalfOpen = true;
        socket.on("end", () => socket.end(Buffer.alloc(SIZE, "x")));
      },
    );
    await using proxy = await startProxy({ s: [endpoint.port] });
    using plain = openClient(proxy.port);
    const secure = await openSlowTlsClient(proxy);
    const bodyOf = () => plain.text().length - plain.text().indexOf("\r\n\r\n") - 4;
    const { socket, body } = kind === "TLS" ? secure : { socket: plain.socket, body: bodyOf };
    slowDown(plain.socket);
    socket.write(UPGRADE);
    await until("the head", () => socket.bytesRead > 0 && endpoint.connections.length > 0);
    await until("the tunnel", () => proxy.engine.counters.requests[1] === 1);
    socket.end();
    await until("the endpoint to have sent all", () => endpoint.connections[0]?.destroyed);
    await until("all bytes", () => body() === SIZE);
    plain.socket.destroy();
    secure.socket.destroy();
    await until("the tunnel to be gone", () => proxy.engine.counters.openConnections === 0);
    expect(proxy.engine.counters.openEndpointConnections).toBe(0);
  });

  it("still sends all to the endpoint that ended before", async () => {
    let received = 0;
    await using endpoint = await startEndpoint(
      (socket, text) => {
        if (text.startsWith("GET")) {
          socket.end(SWITCHING);
          slowDown(socket);
        } else received += text.length;
      },
      (socket) => void (socket.allowHalfOpen = true),
    );
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.socket.allowHalfOpen = true;
    client.send(UPGRADE);
    await client.until((text) => text.includes("\r\n\r\n"));
    client.socket.end(Buffer.alloc(SIZE, "x"));
    await until("all bytes", () => received === SIZE);
    await until("the tunnel to be gone", () => proxy.engine.counters.openConnections === 0);
    expect(proxy.engine.counters.openEndpointConnections).toBe(0);
  });
});

describe("the last answer over TLS", () => {
  it("is not cut off while the client takes it slowly", async () => {
    await using endpoint = await startEndpoint((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
      socket.write(Buffer.alloc(SIZE, "x"));
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { lingerMs: 50 } });
    const { socket, body } = await openSlowTlsClient(proxy);
    const ended = Promise.withResolvers<undefined>();
    socket.on("close", () => ended.resolve(undefined)).on("end", () => socket.end());
    socket.write("GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n");
    await ended.promise;
    expect(body()).toBe(SIZE);
  });
});
