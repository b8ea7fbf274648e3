import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import {
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from "node:http2";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import { templateLogFormat } from "#ingress/engine/log/template-log-format.ts";
import { Flag, FrameType } from "#src/http2/frame-head.ts";
import { Setting, settingsFrame } from "#src/http2/settings.ts";
import { GET, headers, rawClient } from "#test/support/http2-client.ts";
import { numbers } from "#test/support/http2-frames.ts";
import { compressionsBy } from "#test/support/compressions.ts";
import { eventually } from "#test/support/eventually.ts";
import { listen, type ProxyOptions, startProxy } from "#test/support/ingress-proxy.ts";

/** A proxy that speaks HTTP/2 without TLS, in front of a server of Node's. */
async function start(answer: (request: IncomingMessage, response: ServerResponse) => void, options: ProxyOptions = {}) {
  const server = createServer(answer);
  const proxy = await startProxy({ s: [await listen(server)] }, { isPlainHttp2On: true, ...options });
  const session = connect(`http://127.0.0.1:${proxy.port}`);
  session.on("error", () => undefined);
  return {
    server,
    proxy,
    session,
    async [Symbol.asyncDispose]() {
      session.destroy();
      await proxy[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders | undefined;
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
  let trailers: IncomingHttpHeaders | undefined;
  stream.on("trailers", (fields) => (trailers = fields));
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  await once(stream, "end");
  return { status: headers[":status"], headers, body: Buffer.concat(parts), trailers };
}

function get(session: ClientHttp2Session, path: string, fields: Record<string, string> = {}): ClientHttp2Stream {
  return session.request({ ":authority": "a.com", ":path": path, ...fields });
}

describe("HTTP/2 to clients", () => {
  it("answers many requests at once on one connection, each with its own answer", async () => {
    await using it = await start((request, response) => response.end(`${request.method} ${request.url}`));
    const answers = await Promise.all(
      Array.from({ length: 250 }, (_, index) => answerOf(get(it.session, `/${index}`))),
    );
    expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual(
      Array.from({ length: 250 }, (_, index) => [200, `GET /${index}`]),
    );
    expect(it.proxy.engine.counters.connections).toBe(1);
  });
  it("passes bodies both ways, of known and unknown length", async () => {
    await using it = await start((request, response) => {
      response.setHeader("x-length", request.headers["content-length"] ?? "none");
      request.pipe(response);
    });
    const body = Buffer.alloc(3_000_000, "0123456789abcdef");
    for (const fields of [{ "content-length": String(body.length) }, {}]) {
      const stream = it.session.request({ ":authority": "a.com", ":method": "POST", ":path": "/", ...fields });
      stream.end(body);
      const answer = await answerOf(stream);
      expect([answer.status, answer.body.equals(body)]).toEqual([200, true]);
    }
  });

  it("passes trailers both ways, and interim answers", async () => {
    await using it = await start((request, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      request.resume().on("end", () => {
        response.writeHead(200, { trailer: "x-sum" });
        response.write(JSON.stringify(request.trailers));
        response.addTrailers({ "x-sum": "2", "grpc-status": "0" });
        response.end();
      });
    });
    const stream = it.session.request(
      { ":authority": "a.com", ":method": "POST", ":path": "/" },
      { waitForTrailers: true },
    );
    const hints: unknown[] = [];
    stream.on("headers", (fields) => hints.push(fields[":status"], fields["link"]));
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-in": "1" }));
    stream.end("body");
    const { body, trailers } = await answerOf(stream);
    expect(JSON.parse(body.toString())).toEqual({ "x-in": "1" });
    expect(trailers).toMatchObject({ "x-sum": "2", "grpc-status": "0" });
    expect(hints).toEqual([103, "</a.css>; rel=preload"]);
  });

  it("ends answers without data, also by trailers, beside data of others that the window of the connection holds", async () => {
    await using it = await start((request, response) => {
      if (request.url === "/large") {
        response.end("a".repeat(200_000));
        return;
      }
      response.writeHead(200, { trailer: "x-sum" });
      response.flushHeaders();
      if (request.url === "/trailers") response.addTrailers({ "x-sum": "1" });
      response.end();
    });
    using client = rawClient(it.proxy.port, settingsFrame([[Setting.InitialWindowSize, 1_000_000]]));
    const ask = (id: number, path: string) => {
      client.send(headers(id, [...GET.filter(([name]) => name !== ":path"), [":path", path]]));
    };
    ask(1, "/large");
    await client.until(() => client.streams.get(1)?.data.length === 65_535);
    ask(3, "/empty");
    ask(5, "/trailers");
    await client.until(() => [3, 5].every((id) => client.streams.get(id)?.isEnded === true));
    expect(client.streams.get(1)).toMatchObject({ isEnded: false });
    client.send(numbers(FrameType.WindowUpdate, 0, 200_000));
    await client.until(() => client.streams.get(1)?.isEnded === true);
    expect(client.streams.get(1)?.data.length).toBe(200_000);
  });

  it("ends a stream by its trailers also where these are long", async () => {
    const details = "d".repeat(7_000);
    await using it = await start((_request, response) => {
      response.writeHead(200, { trailer: "grpc-status-details-bin" });
      response.write("page");
      response.addTrailers({ "grpc-status-details-bin": details });
      response.end();
    });
    using client = rawClient(it.proxy.port);
    client.send(headers(1));
    await client.until(() => client.streams.get(1)?.isEnded === true);
    const ends = client.count(FrameType.Headers, Flag.EndStream | Flag.EndHeaders);
    expect([ends, client.count(FrameType.Data, Flag.EndStream)]).toEqual([1, 0]);
    const { trailers } = await answerOf(get(it.session, "/"));
    expect(trailers).toMatchObject({ "grpc-status-details-bin": details });
  });

  it("tells a client that has no table of fields for us that none is used", async () => {
    await using it = await start((_request, response) => response.end("page"));
    const client = connect(`http://127.0.0.1:${it.proxy.port}`, { settings: { headerTableSize: 0 } });
    client.on("error", () => undefined);
    const answers = [await answerOf(get(client, "/")), await answerOf(get(client, "/"))];
    client.destroy();
    expect(answers.map(({ body }) => body.toString())).toEqual(["page", "page"]);
  });

  it("answers HEAD, 204 and 304 without data, and its own answers as HTTP/1.1 has them", async () => {
    await using it = await start((request, response) => {
      response.writeHead(request.method === "HEAD" ? 200 : Number(request.url!.slice(1)), { "content-length": "5" });
      response.end();
    });
    const of = async (fields: Record<string, string>) => {
      const { status, body, headers } = await answerOf(it.session.request({ ":authority": "a.com", ...fields }));
      return [status, body.toString(), headers["content-length"]];
    };
    expect(await of({ ":path": "/", ":method": "HEAD" })).toEqual([200, "", "5"]);
    expect(await of({ ":path": "/204" })).toEqual([204, "", undefined]);
    expect(await of({ ":path": "/304" })).toEqual([304, "", "5"]);
    expect(await of({ ":path": "/", ":authority": "b.com" })).toEqual([404, "404 Not Found\n", "14"]);
  });

  it("sends answers in chunks, compressed ones and ones of no length without any framing of HTTP/1.1", async () => {
    const text = "hello ".repeat(20_000);
    await using it = await start(
      (request, response) => {
        response.setHeader("content-type", "text/plain");
        response.shouldKeepAlive = request.url !== "/close";
        if (request.url === "/close") response.useChunkedEncodingByDefault = false;
        response.write(text.slice(0, 10));
        setImmediate(() => response.end(text.slice(10)));
      },
      { compressions: compressionsBy("gzip") },
    );
    for (const path of ["/chunked", "/close"]) {
      const { body, headers } = await answerOf(get(it.session, path));
      expect([body.toString() === text, headers["transfer-encoding"], headers["connection"]]).toEqual([
        true,
        undefined,
        undefined,
      ]);
    }
    const { body, headers } = await answerOf(get(it.session, "/", { "accept-encoding": "gzip" }));
    expect([headers["content-encoding"], gunzipSync(body).toString() === text]).toEqual(["gzip", true]);
  });

  it("shares a connection between a slow stream and others, whatever each takes", async () => {
    await using it = await start((request, response) => response.end("a".repeat(Number(request.url!.slice(1)))));
    const slow = get(it.session, "/2000000");
    await once(slow, "response");
    slow.pause();
    const others = await Promise.all(Array.from({ length: 20 }, () => answerOf(get(it.session, "/100000"))));
    expect(others.map(({ body }) => body.length)).toEqual(Array.from({ length: 20 }, () => 100_000));
    let length = 0;
    slow.on("data", (part: Buffer) => (length += part.length)).resume();
    await once(slow, "end");
    expect(length).toBe(2_000_000);
  });

  it("ends a stream without a proper end where its endpoint fails in the middle, and no other", async () => {
    await using it = await start((request, response) => {
      if (request.url === "/ok") response.end("ok");
      else response.writeHead(200, { "content-length": "10" }).write("part", () => response.destroy());
    });
    const stream = get(it.session, "/");
    const [error] = (await once(stream, "error")) as [NodeJS.ErrnoException];
    expect(error.message).toContain("NGHTTP2_INTERNAL_ERROR");
    expect((await answerOf(get(it.session, "/ok"))).body.toString()).toBe("ok");
  });

  it("tells the endpoint of a request that its client gives up, and logs 499 and HTTP/2.0 as nginx does", async () => {
    let log = "";
    const reached = Promise.withResolvers<IncomingMessage>();
    await using it = await start((request) => reached.resolve(request));
    const format = templateLogFormat("$request $status");
    if (typeof format === "string") expect.fail(format);
    Object.assign(it.proxy.engine, { accessLog: new AccessLog((lines) => (log += lines.toString()), { format }) });
    const stream = get(it.session, "/given-up?a");
    const request = await reached.promise;
    const closed = once(request.socket, "close");
    stream.close(constants.NGHTTP2_CANCEL);
    await closed;
    await expect.poll(() => log.trim(), eventually).toBe("GET /given-up?a HTTP/2.0 499");
  });

  it("forwards WebSocket as a tunnel (RFC 8441), both ways and to its end; an endpoint that refuses answers", async () => {
    const upgrades: IncomingMessage[] = [];
    await using it = await start((_, response) => response.writeHead(403).end("no"));
    it.server.on("upgrade", (request, socket) => {
      upgrades.push(request);
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\nhello",
      );
      socket.on("data", (bytes: Buffer) => socket.write(bytes.toString().toUpperCase()));
      socket.on("end", () => socket.end("bye"));
    });
    if (!it.session.remoteSettings?.enableConnectProtocol) await once(it.session, "remoteSettings");
    const stream = it.session.request(
      { ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":authority": "a.com", ":path": "/chat" },
      { endStream: false },
    );
    stream.write("early");
    const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status": number }];
    let text = "";
    stream.on("data", (part: Buffer) => (text += part.toString()));
    await expect.poll(() => text, eventually).toBe("helloEARLY");
    stream.write("x".repeat(300_000));
    await expect.poll(() => text.length, eventually).toBe(300_010);
    stream.end();
    await once(stream, "end");
    expect(text.endsWith("Xbye")).toBe(true);
    expect([headers[":status"], headers["sec-websocket-protocol"], headers["sec-websocket-accept"]]).toEqual([
      200,
      "chat",
      undefined,
    ]);
    expect(upgrades[0]?.headers["sec-websocket-key"]).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(it.session.closed).toBe(false);
    expect((await answerOf(get(it.session, "/"))).status).toBe(403);
  });

  it("drains without loss: GOAWAY that refuses nothing, then the last one; what was begun is answered", async () => {
    const waiting: ServerResponse[] = [];
    await using it = await start((_, response) => void waiting.push(response));
    const goAways: (readonly [code: number, last: number])[] = [];
    it.session.on("goaway", (code, last) => goAways.push([code, last]));
    const streams = Array.from({ length: 50 }, (_, index) => get(it.session, `/${index}`));
    const answers = Promise.all(streams.map(answerOf));
    await expect.poll(() => waiting.length, eventually).toBe(50);
    it.proxy.engine.drain();
    await expect
      .poll(() => goAways, eventually)
      .toEqual([
        [0, 0x7fff_ffff],
        [0, 99],
      ]);
    expect(it.proxy.engine.endIdle()).toBe(1);
    for (const response of waiting) response.end("done");
    expect((await answers).map(({ body }) => body.toString())).toEqual(Array.from({ length: 50 }, () => "done"));
    await once(it.session, "close");
    await expect.poll(() => it.proxy.engine.endIdle(), eventually).toBe(0);
  });
});
