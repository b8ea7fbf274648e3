import { connect } from "node:http2";
import { describe, expect, it, vi } from "vitest";
import { FrameType } from "#src/http2/frame-head.ts";
import { readConnectionLimits } from "#ingress/connection-options.ts";
import { DEFAULT_LIMITS } from "#ingress/engine/limits.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import { eventually } from "#test/support/eventually.ts";
import { headers, rawClient } from "#test/support/http2-client.ts";
import { startHttp2Endpoint } from "#test/support/http2-endpoint.ts";
import {
  answering,
  ask,
  okWith,
  openClient,
  startEndpoint,
  startProxy,
  statusOf,
} from "#test/support/ingress-proxy.ts";
import { everyIo } from "#test/support/test-io.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const CLOSING = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const h2Ingresses = [annotatedIngress({ "backend-protocol": "GRPC" })];
const answers = (text: string) => text.match(/HTTP\/1\.1 200/g)?.length ?? 0;

describe.each(everyIo)("connections over $name", (io) => {
  it("of clients end with the last request that they may have, and say so: HTTP/1.1", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const limits = { connectionLife: { requests: 3, ms: 0 } };
    await using proxy = await startProxy({ s: [endpoint.port] }, { io, limits });
    using client = openClient(proxy.port);
    for (const count of [1, 2, 3]) {
      client.send(GET);
      await client.until((text) => answers(text) === count);
    }
    const { text, wasReset } = await client.ended();
    expect(text.split("HTTP/1.1 200").map((answer) => answer.includes("\r\nConnection: close\r\n"))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(wasReset).toBe(false);
    // Those that were sent behind it get no answer, so that the client sends them again elsewhere.
    expect(answers(await ask(proxy.port, GET.repeat(5)))).toBe(3);
    expect(endpoint.received().split("GET ").length - 1).toBe(6);
  });

  it("of clients end without a lost request: HTTP/2", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const limits = { connectionLife: { requests: 2, ms: 0 } };
    await using proxy = await startProxy({ s: [endpoint.port] }, { io, limits, isPlainHttp2On: true });
    using client = rawClient(proxy.port);
    // The last one was on its way when the client could not know yet.
    client.send(headers(1), headers(3), headers(5));
    await client.ended;
    expect([1, 3, 5].map((id) => client.streams.get(id)?.data)).toEqual(["page", "page", "page"]);
    expect(client.goAways.map(([last]) => last)).toEqual([0x7fff_ffff, 5]);
    expect(client.count(FrameType.RstStream)).toBe(0);
  });

  it("to endpoints end with the last request that they may have: HTTP/1.1", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const limits = { endpointConnectionLife: { requests: 2, ms: 0 }, settleMs: 0 };
    await using proxy = await startProxy({ s: [endpoint.port] }, { io, limits });
    for (let count = 0; count < 5; count++) expect(statusOf(await ask(proxy.port, CLOSING))).toBe(200);
    expect(endpoint.connections.length).toBe(3);
    await vi.waitUntil(() => proxy.engine.counters.openEndpointConnections === 1, eventually);
  });

  it("to endpoints end with the last request that they may have, and none is lost: HTTP/2", async () => {
    await using endpoint = await startHttp2Endpoint((stream) => {
      setImmediate(() => stream.respond({ ":status": 204 }, { endStream: true }));
    });
    const limits = { endpointConnectionLife: { requests: 4, ms: 0 } };
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { io, limits, ingresses: h2Ingresses, isPlainHttp2On: true },
    );
    const session = connect(`http://127.0.0.1:${proxy.port}`);
    const one = () =>
      new Promise((resolve) => {
        const stream = session.request({ ":authority": "a.com" });
        stream.on("response", (head) => resolve(head[":status"])).resume();
      });
    expect(await Promise.all(Array.from({ length: 20 }, one))).toEqual(Array.from({ length: 20 }, () => 204));
    expect(endpoint.sessions.length).toBe(5);
    expect(await one()).toBe(204);
    expect(endpoint.sessions.length).toBe(6);
    await vi.waitUntil(() => proxy.engine.counters.openEndpointConnections === 1, eventually);
    session.destroy();
  });

  it("to endpoints are not kept where none may be idle", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const limits = { idleConnectionsPerEndpoint: 0, settleMs: 0 };
    await using proxy = await startProxy({ s: [endpoint.port] }, { io, limits });
    using client = openClient(proxy.port);
    client.send(GET.repeat(3));
    await client.until((text) => answers(text) === 3);
    expect(endpoint.connections.length).toBe(3);
    await vi.waitUntil(() => proxy.engine.counters.openEndpointConnections === 0, eventually);
  });
});

describe("the age of connections", () => {
  const ofClients = { connectionLife: { requests: 0, ms: 10_000 }, keepAliveMs: 100_000 };
  const toEndpoints = { endpointConnectionLife: { requests: 0, ms: 10_000 }, endpointIdleMs: 100_000 };

  it("of clients ends them with the next request, and never without one", () => {
    const { accept, endpoints, pass } = engineByHand({ limits: ofClients });
    const client = accept();
    const serve = (index: number) => {
      client.say(GET);
      if (index === 0) endpoints[0]!.events.onConnect();
      endpoints[0]!.say(okWith("page"));
    };
    serve(0);
    pass(9);
    serve(1);
    expect(client.connection.sent).not.toContain("Connection: close");
    pass(30);
    expect(client.connection.ends).toEqual([]);
    serve(2);
    expect(client.connection.sent).toMatch(/\r\nConnection: close\r\n[^]*page$/);
    expect(client.connection.ends.length).toBe(1);
  });

  it("to endpoints ends them with the next request, and never without one", () => {
    const { accept, endpoints, pass } = engineByHand({ limits: toEndpoints });
    const serve = (index: number) => {
      const client = accept();
      client.say(CLOSING);
      const endpoint = endpoints[index]!;
      if (endpoint.connection.sent.split("GET ").length === 2) endpoint.events.onConnect();
      endpoint.say(okWith("page"));
      expect(client.connection.sent).toMatch(/page$/);
    };
    serve(0);
    pass(9);
    serve(0);
    expect(endpoints[0]!.connection.ends).toEqual([]);
    pass(30);
    expect(endpoints[0]!.connection.ends).toEqual([]);
    serve(0);
    expect(endpoints[0]!.connection.ends).toEqual(["close"]);
    serve(1);
    expect(endpoints.length).toBe(2);
  });

  it("counts nothing where it has no bound, as it is by default", () => {
    const { accept, endpoints, pass } = engineByHand({ limits: { keepAliveMs: 1e9, endpointIdleMs: 1e9 } });
    const client = accept();
    for (let count = 0; count < 50; count++) {
      client.say(GET);
      if (count === 0) endpoints[0]!.events.onConnect();
      endpoints[0]!.say(okWith("page"));
      pass(100);
    }
    expect(answers(client.connection.sent)).toBe(50);
    expect([endpoints.length, client.connection.ends.length]).toEqual([1, 0]);
  });

  it("is said by options whose defaults are those of the engine", () => {
    const given = {
      handshakeTimeout: 10,
      lingerTimeout: 2,
      maxRequestsPerConnection: 0,
      maxConnectionAge: 0,
      endpointIdleTimeout: 60,
      maxIdlePerEndpoint: 320,
      maxRequestsPerEndpointConnection: 0,
      maxEndpointConnectionAge: 0,
    };
    expect(DEFAULT_LIMITS).toMatchObject(readConnectionLimits(given));
    const others = readConnectionLimits({
      ...given,
      lingerTimeout: 5,
      maxRequestsPerConnection: 1_000,
      maxConnectionAge: 3_600,
      endpointIdleTimeout: 30,
      maxIdlePerEndpoint: 0,
      maxRequestsPerEndpointConnection: 10_000,
      maxEndpointConnectionAge: 60,
    });
    expect(others).toEqual({
      lingerMs: 5_000,
      connectionLife: { requests: 1_000, ms: 3_600_000 },
      endpointIdleMs: 30_000,
      idleConnectionsPerEndpoint: 0,
      endpointConnectionLife: { requests: 10_000, ms: 60_000 },
    });
  });
});
