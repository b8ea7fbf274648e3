import { createHash, randomBytes } from "node:crypto";
import { connect as connectPlain } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { PASSTHROUGH_RESULTS } from "#ingress/engine/counters.ts";
import { ProxyPreface } from "#ingress/io/proxy-preface.ts";
import { parseNetworkSet } from "#src/model/annotations/parse-network-set.ts";
import { answering, closedPort, openClient, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import {
  certificateName,
  openTls,
  passingIngress,
  startPassing,
  startTlsEndpoint,
} from "#test/support/passing-proxy.ts";
import { everyIo } from "#test/support/test-io.ts";

const patience = { timeoutMs: 60_000 };
const echo = (socket: NodeJS.ReadWriteStream) => void socket.pipe(socket);
/** `pass.com` in the ClientHello of `openssl s_client -tls1_3`, shortened to what names the server. */
const HELLO = Buffer.from(
  [
    "1603010047010000430303",
    "07".repeat(32),
    "00000213010100",
    "0018",
    "0000000d000b000008706173732e636f6d",
    "002b0003020304",
  ].join(""),
  "hex",
);

/** A connection whose bytes leave in pieces of this many. */
function inPieces(port: number, bytes: number): Duplex {
  const socket = connectPlain({ host: "127.0.0.1", port, noDelay: true });
  const duplex = new Duplex({
    read: () => void socket.resume(),
    async write(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length; at += bytes) {
        socket.write(chunk.subarray(at, at + bytes));
        await new Promise(setImmediate);
      }
      done();
    },
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket
    .on("data", (data) => duplex.push(data))
    .on("end", () => duplex.push(null))
    .on("error", (error) => duplex.destroy(error));
  return duplex;
}

/** What was counted of connections that were not read, without zeros. */
function resultsOf({
  counters,
}: {
  readonly counters: { readonly passthroughs: Float64Array };
}): Record<string, number> {
  const all = PASSTHROUGH_RESULTS.map((result, index) => [result, counters.passthroughs[index] ?? 0] as const);
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}

describe.each(everyIo)("by $name, TLS passthrough", (io) => {
  it("I-T20 shows a client the certificate of the endpoint, and one for another host, or none, ours", async () => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    await using own = await startEndpoint(answering("own"));
    await using proxy = await startPassing({ p: [endpoint.port], s: [own.port] }, io);
    const { port } = proxy;
    expect(await certificateName({ port, servername: "pass.com" })).toBe("the endpoint");
    expect(await certificateName({ port, servername: "PASS.com." })).toBe("the endpoint");
    const ours = await certificateName({ port, servername: "own.com" });
    expect(ours).not.toBe("the endpoint");
    expect(await certificateName({ port })).toBe(ours);
    expect(await certificateName({ port, servername: "a.pass.com" })).toBe(ours);
    using client = await openTls({ port, servername: "own.com" });
    client.write("GET / HTTP/1.1\r\nHost: own.com\r\n\r\n");
    await until("an answer", () => client.bytesRead > 0, patience);
    expect(String(client.read())).toContain("own");
  });

  it("passes on hosts of a wildcard, unless one has rules of its own", async () => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    const ingresses = [passingIngress({}, "*.pass.com"), ingressOf("own", { "own.pass.com": { "/": "s" } })];
    await using proxy = await startPassing({ p: [endpoint.port], s: [endpoint.port] }, io, { ingresses });
    const { port } = proxy;
    expect(await certificateName({ port, servername: "a.pass.com" })).toBe("the endpoint");
    expect(await certificateName({ port, servername: "own.pass.com" })).not.toBe("the endpoint");
    expect(await certificateName({ port, servername: "a.b.pass.com" })).not.toBe("the endpoint");
  });

  it.each([1, 7, 100])("passes on a ClientHello in pieces of %i bytes, and shakes hands by one", async (bytes) => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io);
    const of = (servername: string) => certificateName({ socket: inPieces(proxy.port, bytes), servername });
    expect(await of("pass.com")).toBe("the endpoint");
    expect(await of("own.com")).not.toBe("the endpoint");
  });

  it("passes on what both sides send, whatever the receivers take, and each end", async () => {
    const sent = randomBytes(6_000_000);
    const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    const got = Promise.withResolvers<string>();
    await using endpoint = await startTlsEndpoint("the endpoint", (socket) => {
      const hash = createHash("sha256");
      // The endpoint begins to read when it has sent all.
      socket.write(sent, () => socket.on("data", (data) => hash.update(data)));
      socket.on("end", () => {
        got.resolve(hash.digest("hex"));
        socket.end("the end");
      });
    });
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io);
    using client = await openTls({ port: proxy.port, servername: "pass.com" });
    client.end(sent);
    expect(proxy.engine.counters.openEndpointConnections).toBe(1);
    const received: Buffer[] = [];
    for await (const data of client) received.push(data as Buffer);
    const all = Buffer.concat(received);
    expect([digest(all.subarray(0, sent.length)), all.subarray(sent.length).toString()]).toEqual([
      digest(sent),
      "the end",
    ]);
    expect(await got.promise).toBe(digest(sent));
    await until("the end", () => proxy.gate.size === 0, patience);
    expect(resultsOf(proxy.engine)).toEqual({ passed: 1 });
    expect(proxy.engine.counters.openEndpointConnections).toBe(0);
    const [line] = proxy.log();
    expect(line).toMatchObject({
      client: "127.0.0.1",
      tls: true,
      method: "",
      host: "pass.com",
      target: "",
      status: 200,
      reason: "",
      ingress: "default/pass",
      service: "default/p:80",
      endpoint: `127.0.0.1:${endpoint.port}`,
    });
    expect(Number(line?.["bytes"])).toBeGreaterThan(sent.length);
  });

  it("holds little of what an endpoint does not take", async () => {
    await using endpoint = await startEndpoint(
      () => undefined,
      (socket) => socket.pause(),
    );
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io);
    using client = openClient(proxy.port);
    client.socket.write(HELLO);
    const piece = Buffer.alloc(1_000_000);
    for (let count = 0; count < 40; count++) client.socket.write(piece);
    let last = -1;
    let same = 0;
    await until(
      "the client to wait",
      () => {
        const now = client.socket.writableLength;
        same = now === last ? same + 1 : 0;
        last = now;
        return same === 20;
      },
      patience,
    );
    expect(client.socket.writableLength).toBeGreaterThan(1_000_000);
    proxy.engine.unsent.look();
    expect(proxy.engine.unsent.total).toBeGreaterThan(0);
    expect(proxy.engine.unsent.total).toBeLessThan(500_000);
  });

  it("ends one side after the other, as they do", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("last")) socket.end("good bye");
    });
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io);
    using client = openClient(proxy.port);
    client.socket.allowHalfOpen = true;
    client.socket.write(HELLO);
    await until("the hello", () => endpoint.received().length === HELLO.length, patience);
    expect(Buffer.from(endpoint.received(), "latin1")).toEqual(HELLO);
    client.socket.end("the last");
    expect(await client.ended()).toEqual({ text: "good bye", wasReset: false });
    await until("the end", () => proxy.gate.size === 0, patience);
    expect(resultsOf(proxy.engine)).toEqual({ passed: 1 });
  });

  it("resets the client where the endpoint resets, and the endpoint where the client does", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("reset")) socket.resetAndDestroy();
    });
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io);
    using client = openClient(proxy.port);
    client.socket.write(Buffer.concat([HELLO, Buffer.from("reset")]));
    expect((await client.ended()).wasReset).toBe(true);
    using other = openClient(proxy.port);
    other.socket.write(HELLO);
    await until(
      "both",
      () => endpoint.connections.length === 2 && endpoint.received().endsWith(HELLO.toString("latin1")),
      patience,
    );
    other.socket.resetAndDestroy();
    await until("the end", () => endpoint.connections[1]!.destroyed && proxy.gate.size === 0, patience);
    expect(resultsOf(proxy.engine)).toEqual({ "endpoint-closed": 1, passed: 1 });
  });

  it("asks the next endpoint where one refuses, ejects it, and says where none is left", async () => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    const dead = await closedPort();
    await using proxy = await startPassing({ p: [dead, endpoint.port], s: [] }, io);
    const { engine, port } = proxy;
    for (let count = 0; count < 4; count++)
      expect(await certificateName({ port, servername: "pass.com" })).toBe("the endpoint");
    expect(engine.counters.retries).toBe(2);
    expect(engine.balancer.health.ejectedCount).toBe(1);
    proxy.route({ p: [await closedPort()], s: [] });
    await expect(openTls({ port, servername: "pass.com" })).rejects.toMatchObject({
      code: "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
    });
    proxy.route({ p: [], s: [] });
    await expect(openTls({ port, servername: "pass.com" })).rejects.toMatchObject({
      code: "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
    });
    await until("the end", () => proxy.gate.size === 0, patience);
    expect(resultsOf(engine)).toEqual({ passed: 4, "connect-failed": 1, "no-endpoint": 1 });
    expect(proxy.log().slice(-2)).toMatchObject([
      { status: 502, reason: "connect-failed", host: "pass.com" },
      { status: 503, reason: "no-endpoint", endpoint: "" },
    ]);
  });

  it("lets in by address and by number of connections, as the Ingress says", async () => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    const allowedSources = parseNetworkSet("127.0.0.2");
    const settings = { sslPassthrough: true, clientConnections: 1, ...(allowedSources && { allowedSources }) };
    const ingresses = [passingIngress({ settings, isRestricted: true })];
    await using proxy = await startPassing({ p: [endpoint.port] }, io, { ingresses });
    const { port, engine } = proxy;
    const from = (localAddress: string) => ({ port, servername: "pass.com", localAddress });
    await expect(openTls(from("127.0.0.1"))).rejects.toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_ACCESS_DENIED" });
    {
      using first = await openTls(from("127.0.0.2"));
      await expect(openTls(from("127.0.0.2"))).rejects.toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_ACCESS_DENIED" });
      first.end();
    }
    await until("the end", () => proxy.gate.size === 0, patience);
    expect(await certificateName(from("127.0.0.2"))).toBe("the endpoint");
    await until("the end", () => proxy.gate.size === 0, patience);
    expect(resultsOf(engine)).toEqual({ "address-not-allowed": 1, "connections-limited": 1, passed: 2 });
  });

  it("closes what is restricted by what is not seen, and answers 421 for the host on a connection that is read", async () => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    await using own = await startEndpoint(answering("own"));
    const settings = {
      sslPassthrough: true,
      authType: "basic",
      authSecret: { namespace: "default", name: "s" },
    } as object;
    const closed = passingIngress({ settings, isRestricted: true, name: "c", key: "default/c" }, "closed.com");
    const ingresses = [closed, passingIngress(), ingressOf("own", { "own.com": { "/": "s" } })];
    await using proxy = await startPassing({ p: [endpoint.port], s: [own.port] }, io, { ingresses });
    const { port } = proxy;
    await expect(openTls({ port, servername: "closed.com" })).rejects.toMatchObject({
      code: "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
    });
    for (const host of ["pass.com", "closed.com", "PASS.com:443", "own.com"]) {
      using client = await openTls({ port, servername: "own.com" });
      let text = "";
      client.on("data", (data: Buffer) => (text += data.toString()));
      client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await until("an answer", () => text !== "", patience);
      expect(statusOf(text)).toBe(host === "own.com" ? 200 : 421);
    }
  });

  it("leaves connections as they are where routes change, and looks at none once no host is passed on", async () => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io);
    const { port, engine } = proxy;
    using client = await openTls({ port, servername: "pass.com" });
    let text = "";
    client.on("data", (data: Buffer) => (text += data.toString()));
    proxy.route({ p: [], s: [] }, []);
    expect(engine.passesTls).toBe(false);
    client.write("still here");
    await until("the echo", () => text === "still here", patience);
    expect(await certificateName({ port, servername: "pass.com" })).not.toBe("the endpoint");
  });

  it("closes connections whose ClientHello does not come, not whole, or is too large; and then shakes hands no longer than that", async () => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    const failures: string[] = [];
    const server = { handshakeMs: 150, onHandshakeFailure: ({ message }: Error) => void failures.push(message) };
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io, { server });
    using silent = openClient(proxy.port);
    using slow = openClient(proxy.port);
    slow.socket.write(HELLO.subarray(0, 40));
    using half = openClient(proxy.port);
    half.socket.end(HELLO.subarray(0, 40));
    using large = openClient(proxy.port);
    large.socket.write(Buffer.from([22, 3, 1, 0x40, 0, 1, 1, 0, 0]));
    using named = openClient(proxy.port);
    // Of another host, and it never answers what we say in the handshake.
    named.socket.write(Buffer.from(HELLO.toString("latin1").replace("pass.com", "wass.com"), "latin1"));
    await Promise.all([silent, slow, half, large, named].map((client) => client.ended()));
    await until("the end", () => proxy.gate.size === 0, patience);
    expect(failures.filter((text) => text.includes("ClientHello")).sort()).toEqual([
      "no whole ClientHello in time",
      "no whole ClientHello in time",
      "the ClientHello is too large",
      "the client ended before its ClientHello was whole",
    ]);
    expect(failures.length).toBe(5);
    expect(endpoint.sockets.size).toBe(0);
  });

  it("takes the address of the client from a proxy in front", async () => {
    await using endpoint = await startTlsEndpoint("the endpoint", echo);
    const server = { preface: new ProxyPreface({ trusts: () => true, timeoutMs: 60_000 }) };
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io, { server });
    const socket = connectPlain({ host: "127.0.0.1", port: proxy.port });
    socket.write("PROXY TCP4 192.0.2.1 198.51.100.10 50000 443\r\n");
    expect(await certificateName({ socket, servername: "pass.com" })).toBe("the endpoint");
    await until("the end", () => proxy.gate.size === 0, patience);
    expect(proxy.log()).toMatchObject([{ client: "192.0.2.1", status: 200 }]);
  });

  it.each([
    { version: 1, header: "PROXY TCP4 192.0.2.1 198.51.100.10 50000 443\r\n" },
    {
      version: 2,
      header: "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x0a\xc3\x50\x01\xbb",
    },
  ] as const)(
    "hands endpoints that expect a header of the PROXY protocol one of version $version first",
    async (row) => {
      await using endpoint = await startEndpoint(() => undefined);
      const server = { preface: new ProxyPreface({ trusts: () => true, timeoutMs: 60_000 }) };
      const settings = { sslPassthrough: true, proxyProtocol: row.version };
      await using proxy = await startPassing({ p: [endpoint.port] }, io, {
        ingresses: [passingIngress({ settings })],
        server,
      });
      using client = openClient(proxy.port);
      client.socket.write(`PROXY TCP4 192.0.2.1 198.51.100.10 50000 443\r\n`);
      client.socket.write(HELLO);
      const sent = row.header + HELLO.toString("latin1");
      await until("all of it", () => endpoint.received().length >= sent.length, patience);
      expect(endpoint.received()).toBe(sent);
    },
  );

  it("ends connections that stand still for too long, and all with the program", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    await using proxy = await startPassing({ p: [endpoint.port], s: [] }, io, {
      engine: { limits: { tunnelIdleMs: 100 } },
    });
    using idle = openClient(proxy.port);
    idle.socket.write(HELLO);
    await idle.ended();
    expect(resultsOf(proxy.engine)).toEqual({ passed: 1 });
    await using other = await startPassing({ p: [endpoint.port], s: [] }, io);
    using client = openClient(other.port);
    client.socket.write(HELLO);
    await until("it to be open", () => endpoint.connections.length === 2, patience);
    other.engine.drain();
    expect(other.engine.endIdle()).toBe(1);
    other.engine.close();
    expect((await client.ended()).wasReset).toBe(true);
    expect(resultsOf(other.engine)).toEqual({ "shut-down": 1 });
  });

  it("gives up an endpoint that takes no connection", async () => {
    const connect = () => () => ({
      remoteAddress: "",
      localPort: 0,
      isSecure: false,
      queuedBytes: 0,
      send: () => true,
      pause() {},
      resume() {},
      end: () => true,
      finish() {},
      close() {},
      abort() {},
    });
    await using proxy = await startPassing({ p: [1], s: [] }, io, { engine: { connect, limits: { connectMs: 50 } } });
    await expect(openTls({ port: proxy.port, servername: "pass.com" })).rejects.toMatchObject({
      code: "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
    });
    expect(resultsOf(proxy.engine)).toEqual({ "connect-timeout": 1 });
  });
});
