import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { ErrorCode } from "#src/http2/error-code.ts";
import type { Limits } from "#ingress/engine/limits.ts";
import { ProxyPreface } from "#ingress/io/proxy-preface.ts";
import { blackHole } from "#test/support/black-hole.ts";
import { headers, rawClient } from "#test/support/http2-client.ts";
import {
  answering,
  ask,
  openClient,
  type ProxyOptions,
  startEndpoint,
  startProxy,
  statusOf,
} from "#test/support/ingress-proxy.ts";
import { everyIo } from "#test/support/test-io.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 99999999\r\n\r\n";
const UPGRADE = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
const LONG_MS = 3_600_000;
const SHORT_MS = 100;
const LONG: Partial<Limits> = {
  headMs: LONG_MS,
  keepAliveMs: LONG_MS,
  clientGapMs: LONG_MS,
  bodyGapMs: LONG_MS,
  bodyMs: LONG_MS,
  bodyBytesPerSecond: 0,
  connectMs: LONG_MS,
  endpointGapMs: LONG_MS,
  endpointIdleMs: LONG_MS,
  tunnelIdleMs: LONG_MS,
  lingerMs: LONG_MS,
};

/** What the endpoint of most tests does: answers, changes the protocol, or says nothing. */
const endpoint = () =>
  startEndpoint((socket, text) => {
    if (text.includes("Upgrade: websocket")) socket.write(SWITCHING);
    else if (text.startsWith("GET / ")) answering("page")(socket, text);
    else if (text.startsWith("GET /half ")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    else if (text.startsWith("GET /large ")) {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
      socket.write(Buffer.alloc(99_999_999));
    }
  });

/** Each time is short alone, so that what happens is by it. */
describe.each(everyIo)("times of connections over $name", (io) => {
  const start = (short: Partial<Limits>, port: number, more: ProxyOptions = {}) =>
    startProxy({ s: [port] }, { io, limits: { ...LONG, ...short }, ...more });

  it.each([
    { name: "a head", short: { headMs: SHORT_MS }, bytes: "GET / HT", status: 408 },
    { name: "the first byte", short: { headMs: SHORT_MS }, bytes: "", status: 0 },
    { name: "the next request", short: { keepAliveMs: SHORT_MS }, bytes: GET, status: 200 },
    { name: "a body", short: { bodyGapMs: SHORT_MS, lingerMs: SHORT_MS }, bytes: `${POST}part`, status: 408 },
    {
      name: "an answer",
      short: { endpointGapMs: SHORT_MS, keepAliveMs: SHORT_MS },
      bytes: GET.replace("/", "/no"),
      status: 504,
    },
  ])("$name is waited for as long as it says: $status", async ({ short, bytes, status }) => {
    await using s = await endpoint();
    await using proxy = await start(short, s.port);
    using client = openClient(proxy.port);
    client.send(bytes);
    const { text, wasReset } = await client.ended();
    expect([statusOf(text), wasReset]).toEqual([status, false]);
  });

  it.each([
    { name: "that sends no more of its answer", short: { endpointGapMs: SHORT_MS } },
    { name: "that takes nothing", short: { clientGapMs: SHORT_MS } },
  ])("an answer that has begun is cut by a reset: $name", async ({ short }) => {
    await using s = await endpoint();
    await using proxy = await start(short, s.port);
    using client = openClient(proxy.port);
    client.send(GET.replace("/ ", short.clientGapMs === undefined ? "/half " : "/large "));
    await client.until((text) => text.length > 0);
    if (short.clientGapMs !== undefined) client.socket.pause();
    await until("the connection to be gone", () => proxy.engine.counters.openConnections === 0);
    client.socket.resume();
    expect((await client.ended()).wasReset).toBe(true);
    await until("that of the endpoint, too", () => proxy.engine.counters.openEndpointConnections === 0);
  });

  it("an endpoint that takes nothing of a body is waited for as long as it says: 504", async () => {
    await using s = await startEndpoint(
      () => undefined,
      (socket) => socket.pause(),
    );
    await using proxy = await start({ endpointGapMs: SHORT_MS, lingerMs: SHORT_MS }, s.port);
    using client = openClient(proxy.port);
    client.send(POST);
    client.socket.write(Buffer.alloc(50_000_000));
    await client.until((text) => statusOf(text) === 504);
  });

  it("an endpoint that does not accept a connection is waited for as long as it says: 504", async () => {
    await using hole = await blackHole();
    await using proxy = await start({ connectMs: SHORT_MS }, hole.port);
    expect(statusOf(await ask(proxy.port, GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")))).toBe(504);
  });

  it("a tunnel may be silent as long as it says", async () => {
    await using s = await endpoint();
    await using proxy = await start({ tunnelIdleMs: SHORT_MS }, s.port);
    using client = openClient(proxy.port);
    client.send(UPGRADE);
    expect(statusOf((await client.ended()).text)).toBe(101);
    await until("the endpoint to be let go", () => proxy.engine.counters.openEndpointConnections === 0);
  });

  it("a connection to an endpoint is idle as long as it says", async () => {
    await using s = await endpoint();
    await using proxy = await start({ endpointIdleMs: SHORT_MS }, s.port);
    using client = openClient(proxy.port);
    client.send(GET);
    await client.until((text) => text.endsWith("page"));
    await until("the endpoint to be let go", () => proxy.engine.counters.openEndpointConnections === 0);
    expect(proxy.engine.counters.openConnections).toBe(1);
  });

  it("the rest of a refused request is read as long as it says", async () => {
    await using s = await endpoint();
    await using proxy = await start({ lingerMs: SHORT_MS, bodyBytes: 10 }, s.port);
    using client = openClient(proxy.port);
    client.send(POST);
    await client.until((text) => statusOf(text) === 413);
    // The client goes on: only the proxy can end it.
    await until("the connection to be gone", () => {
      client.socket.write("more");
      return proxy.engine.counters.openConnections === 0;
    });
  });

  it("a connection of HTTP/2 is idle as long as it says, and ends with GOAWAY", async () => {
    await using s = await endpoint();
    const short = { keepAliveMs: SHORT_MS, lingerMs: SHORT_MS };
    await using proxy = await start(short, s.port, { isPlainHttp2On: true });
    using client = rawClient(proxy.port);
    client.send(headers(1));
    await client.ended;
    expect([client.streams.get(1)?.data, client.goAways]).toEqual(["page", [[1, ErrorCode.NoError]]]);
  });

  it("a header of the PROXY protocol is waited for as long as it says", async () => {
    await using s = await endpoint();
    const preface = new ProxyPreface({ trusts: () => true, timeoutMs: SHORT_MS });
    await using proxy = await start({}, s.port, { preface });
    using client = openClient(proxy.port);
    client.send("PROXY TCP4 ");
    expect((await client.ended()).text).toBe("");
  });
});
