import { createHash } from "node:crypto";
import { createServer, request } from "node:http";
import { describe, expect, it } from "vitest";
import {
  answering,
  listen,
  okWith,
  openClient,
  standsStill,
  startProxy,
  startEndpoint,
  statusOf,
} from "#test/support/ingress-proxy.ts";
import { until } from "#lab/rack/until.ts";

const MEGABYTE = 1_048_576;
const POST = "POST / HTTP/1.1\r\nHost: a.com\r\n";

describe("bodies", () => {
  it.each([
    { name: "by length", headers: { "content-length": String(4 * MEGABYTE) } },
    { name: "chunked", headers: { "transfer-encoding": "chunked" } },
  ])("of 4 MiB go both ways unchanged, $name", async ({ headers }) => {
    const server = createServer((incoming, response) => {
      response.writeHead(200, headers);
      incoming.pipe(response);
    });
    const port = await listen(server);
    await using proxy = await startProxy({ s: [port] });
    const body = Buffer.alloc(4 * MEGABYTE, "0123456789abcdef!");
    const got = createHash("sha256");
    await new Promise<void>((resolve, reject) => {
      const outgoing = request({
        host: "127.0.0.1",
        port: proxy.port,
        method: "PUT",
        headers: { ...headers, host: "a.com" },
      });
      outgoing.on("error", reject).on("response", (response) => {
        response
          .on("data", (data: Buffer) => got.update(data))
          .on("end", resolve)
          .on("error", reject);
      });
      outgoing.end(body);
    });
    expect(got.digest("hex")).toBe(createHash("sha256").update(body).digest("hex"));
    server.closeAllConnections();
    server.close();
  });

  it("to a client that does not read stop the endpoint, and go on when it reads", async () => {
    const size = 64 * MEGABYTE;
    await using endpoint = await startEndpoint((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, "x"));
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    let received = 0;
    client.socket.removeAllListeners("data");
    client.socket.on("data", (data) => (received += data.length));
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await until("the first bytes", () => received > 0);
    client.socket.pause();
    const [socket] = endpoint.connections;
    await until(
      "the endpoint to be stopped",
      standsStill(() => (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0)),
    );
    expect(socket?.writableLength).toBeGreaterThan(0);
    expect(proxy.engine.counters.openConnections).toBe(1);
    client.socket.resume();
    await until("the rest", () => received > size);
  });

  it("to an endpoint that does not read stop the client, and go on when it reads", async () => {
    const size = 32 * MEGABYTE;
    let received = 0;
    await using endpoint = await startEndpoint(
      () => undefined,
      (socket) => {
        socket.pause();
        socket.on("data", (data) => {
          received += data.length;
          if (received > size) socket.write(okWith("all"));
        });
      },
    );
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(`${POST}Content-Length: ${size}\r\n\r\n`);
    client.socket.write(Buffer.alloc(size));
    await until("the endpoint to be reached", () => endpoint.connections.length === 1);
    await until(
      "the client to be stopped",
      standsStill(() => client.socket.writableLength),
    );
    expect(client.socket.writableLength).toBeGreaterThan(0);
    endpoint.connections[0]?.resume();
    expect(statusOf(await client.until((text) => text.endsWith("all")))).toBe(200);
  });

  it("that are not read to the end cost the connection: nothing behind them is a request", async () => {
    await using endpoint = await startEndpoint(answering("early"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(`${POST}Content-Length: 1000\r\n\r\npart`);
    const text = await client.until((got) => got.endsWith("early"));
    expect(text).toContain("Connection: close");
    client.send("GET /hidden HTTP/1.1\r\nHost: a.com\r\n\r\n");
    client.socket.end();
    expect((await client.ended()).text).toBe(text);
    expect(endpoint.received()).not.toContain("hidden");
  });

  it("of a request we refuse cost the connection", async () => {
    await using proxy = await startProxy({});
    using client = openClient(proxy.port);
    client.send(`${POST}Content-Length: 100\r\n\r\nGET / HTTP/1.1\r\nHost: a.com\r\n\r\n`);
    const { text } = await client.ended();
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(text).toContain("503 Service Unavailable");
    expect(text).toContain("Connection: close");
  });

  it("of a client that leaves close the endpoint's connection", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(`${POST}Content-Length: 1000\r\n\r\npart`);
    await until("the part", () => endpoint.received().endsWith("part"));
    client.socket.resetAndDestroy();
    await until("the endpoint's connection to close", () => endpoint.connections[0]?.destroyed === true);
    expect(proxy.engine.counters.openEndpointConnections).toBe(0);
  });

  it("larger than a packet arrive whole although the endpoint is still being connected", async () => {
    await using endpoint = await startEndpoint((socket) => {
      if (endpoint.received().endsWith("the end")) socket.write(okWith("got"));
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    const body = `${"b".repeat(60_000)}the end`;
    client.send(`${POST}Content-Length: ${body.length}\r\n\r\n${body}`);
    await client.until((text) => text.endsWith("got"));
    expect(endpoint.received().slice(-body.length)).toBe(body);
  });
});
