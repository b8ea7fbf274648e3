import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { Engine } from "#ingress/engine/engine.ts";
import { LAST_REQUEST_MS } from "#ingress/engine/limits.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { until } from "#lab/rack/until.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { listen, okWith, openClient, type Proxy, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

const BODY_BYTES = 8_000_000;
const REQUEST = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const startLargeEndpoint = async () =>
  startEndpoint((socket, text) => {
    if (!text.includes("\r\n\r\n")) return;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
    socket.write(Buffer.alloc(BODY_BYTES, "x"));
  });

/** A client that asks and reads nothing. */
function startSilentReader(socket: Socket): Socket {
  socket.on("error", () => undefined).pause();
  socket.write(REQUEST);
  return socket;
}

async function startTls(proxy: Proxy) {
  const certificates = new Certificates(Date.now());
  const server = engineTlsServer(proxy.engine, {
    contextOf: (name) => certificates.contextOf(name),
    fallback: certificates.fallback,
  });
  const port = await listen(server);
  return { port, [Symbol.dispose]: () => void server.close() };
}

describe("clients that do not read", () => {
  it.each(["clear", "TLS"])(
    "H11 pin no more memory than the bound, all together; the slowest are given up, in %s",
    async (kind) => {
      await using endpoint = await startLargeEndpoint();
      const unsentBytes = 1_000_000;
      await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { unsentBytes } });
      using tls = await startTls(proxy);
      const { unsent, counters } = proxy.engine;
      let most = 0;
      const look = proxy.engine.unsent.look.bind(unsent);
      unsent.look = () => {
        look();
        most = Math.max(most, unsent.total);
      };
      const readers = Array.from({ length: 60 }, () =>
        kind === "TLS"
          ? startSilentReader(connectTls({ port: tls.port, host: "127.0.0.1", rejectUnauthorized: false }))
          : startSilentReader(connect({ port: proxy.port, host: "127.0.0.1" })),
      );
      await until("all to be asked", () => counters.connections >= readers.length);
      await until("some to be given up", () => unsent.givenUp > 0 && unsent.total <= unsentBytes);
      // This process is client and proxy: where the machine stops it for a second, the client that reads is slow, too.
      await until("a client that reads to get all of it", async () => {
        using healthy = openClient(proxy.port);
        healthy.send(REQUEST.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
        return (await healthy.ended()).text.length > BODY_BYTES;
      });
      expect(most).toBeLessThanOrEqual(2 * unsentBytes);
      expect(unsent.givenUp).toBeLessThan(readers.length);
      for (const reader of readers) reader.destroy();
    },
  );

  it.each([
    { name: "send half of a head", bytes: `GET / HTTP/1.1\r\nHost: a.com\r\nX: ${"x".repeat(30_000)}` },
    { name: "pipeline requests", bytes: REQUEST.repeat(1_500) },
  ])("H11 pin no more memory than the bound where they $name", async ({ bytes }) => {
    await using endpoint = await startLargeEndpoint();
    const unsentBytes = 1_000_000;
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { unsentBytes } });
    const { unsent, counters } = proxy.engine;
    const clients = Array.from({ length: 80 }, () => {
      const socket = connect({ port: proxy.port, host: "127.0.0.1" });
      socket.on("error", () => undefined).pause();
      socket.write(bytes);
      return socket;
    });
    await until("all to be there", () => counters.connections >= clients.length);
    await until("some to be given up", () => unsent.givenUp > 0 && unsent.total <= unsentBytes);
    for (const client of clients) client.destroy();
  });

  it("H1 count as busy while bytes wait in the proxy, though the exchange is over, and get all of it", async () => {
    // More than the kernels of both sides take for a client that does not read.
    const body = "x".repeat(16_000_000);
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("\r\n\r\n")) socket.write(okWith(body));
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.socket.pause();
    client.send(REQUEST);
    await until("the client to be behind", () => proxy.engine.unsent.total > 0);
    proxy.engine.drain();
    client.socket.resume();
    // What the program does at its end: nothing is closed while anything waits.
    const ended = client.ended();
    await until("nothing to be left", () => proxy.engine.endIdle() === 0);
    expect((await ended).text.endsWith(body)).toBe(true);
    expect((await ended).wasReset).toBe(false);
  });

  it.each([
    { name: "between requests", request: "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n" },
    { name: "after the last answer", request: "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n" },
  ])("H1 count as busy $name while the proxy has bytes for them", ({ request }) => {
    let nowMs = 0;
    const engine = new Engine({ connect: () => () => expect.unreachable(), clockMs: () => nowMs, wallMs: () => 0 });
    const ends: string[] = [];
    const end = (how: string) => () => ends.push(how) > 0;
    const client = {
      remoteAddress: "192.0.2.1",
      localPort: 80,
      isSecure: false,
      queuedBytes: 100,
      send: () => false,
      pause: () => undefined,
      resume: () => undefined,
      end: end("ended"),
      finish: () => undefined,
      close: end("closed"),
      abort: end("reset"),
    };
    const events = engine.accept(client);
    events.onData(Buffer.from(request), 0, request.length);
    engine.drain();
    nowMs = LAST_REQUEST_MS;
    expect([engine.endIdle(), ends]).toEqual([1, []]);
    client.queuedBytes = 0;
    events.onDrain();
    expect([engine.endIdle(), ends]).toEqual([1, request.includes("close") ? [] : ["ended"]]);
    events.onClose(undefined);
    expect(engine.endIdle()).toBe(0);
  });

  it("H1 learn by a reset that an answer without length was cut by the end of the program", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\n\r\nthe first half");
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(REQUEST);
    await client.until((text) => text.endsWith("half"));
    proxy.engine.close();
    expect((await client.ended()).wasReset).toBe(true);
  });

  it("H1 over TLS learn by a reset that an answer was cut", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\n\r\nthe first half");
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using tls = await startTls(proxy);
    const socket = connectTls({ port: tls.port, host: "127.0.0.1", rejectUnauthorized: false });
    let [text, code] = ["", ""];
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", (error: NodeJS.ErrnoException) => (code = error.code ?? ""));
    socket.on("data", (data) => (text += String(data)));
    socket.write(REQUEST);
    await until("the first half", () => text.endsWith("half"));
    proxy.engine.close();
    await closed;
    expect(code).toBe("ECONNRESET");
  });
});
