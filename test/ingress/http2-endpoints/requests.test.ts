import type { ServerHttp2Stream } from "node:http2";
import { describe, expect, it } from "vitest";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { startHttp2Endpoint } from "#test/support/http2-endpoint.ts";
import { ask, openClient, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const GRPC = { "backend-protocol": "GRPC" };
const ingresses = [annotatedIngress(GRPC)];

describe("an endpoint that speaks HTTP/2", () => {
  it("gets the request of a client of HTTP/1.1, without what is about one connection", async () => {
    await using endpoint = await startHttp2Endpoint((stream) => {
      stream.respond({ ":status": 200, "x-a": "1", "content-length": 4 });
      stream.end("page");
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const answer = await ask(
      proxy.port,
      "GET /a?b=c HTTP/1.1\r\nHost: a.com\r\nX-Mixed: V\r\nTE: gzip\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\r\n",
    );
    expect(statusOf(answer)).toBe(200);
    expect(answer).toMatch(/\r\nx-a: 1\r\n/);
    expect(answer).toMatch(/\r\ncontent-length: 4\r\n[^]*\r\n\r\npage$/);
    expect(endpoint.heads[0]).toMatchObject({
      ":method": "GET",
      ":path": "/a?b=c",
      ":scheme": "http",
      ":authority": "a.com",
      "x-mixed": "V",
      te: "trailers",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "a.com",
    });
    const names = Object.keys(endpoint.heads[0] ?? {});
    for (const name of ["host", "connection", "x-hop", "transfer-encoding"]) expect(names).not.toContain(name);
  });

  it("has its answer without a length sent in chunks, with its trailers", async () => {
    await using endpoint = await startHttp2Endpoint((stream) => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "x-t": "1" }));
      stream.end("page");
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    const answer = await client.until((text) => text.endsWith("\r\n\r\n") && text.includes("\r\n0\r\n"));
    expect(answer).toMatch(/\r\ntransfer-encoding: chunked\r\n/i);
    expect(answer).toMatch(/\r\n\r\n4\r\npage\r\n0\r\ngrpc-status: 0\r\nx-t: 1\r\n\r\n$/);
  });

  it.each([
    ["with a length", "Content-Length: 5\r\n\r\nhello"],
    ["in chunks", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"],
  ])("gets a body %s, and answers with it", async (_, rest) => {
    await using endpoint = await startHttp2Endpoint((stream) => {
      stream.respond({ ":status": 200 });
      stream.pipe(stream);
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send(`POST / HTTP/1.1\r\nHost: a.com\r\n${rest}`);
    const answer = await client.until((text) => text.endsWith("0\r\n\r\n"));
    const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
    expect(body.replaceAll(/[0-9]\r\n|\r\n/g, "")).toBe("hello");
  });

  it("has many requests at once on one connection", async () => {
    await using endpoint = await startHttp2Endpoint((stream, head) => {
      setImmediate(() => {
        stream.respond({ ":status": 200, "content-length": 2 });
        stream.end(String(head[":path"]).slice(1));
      });
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const paths = Array.from({ length: 50 }, (_, index) => String(10 + index));
    const answers = await Promise.all(
      paths.map((path) => ask(proxy.port, `GET /${path} HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n`)),
    );
    expect(answers.map((answer) => answer.slice(-2))).toEqual(paths);
    expect(endpoint.sessions.length).toBe(1);
  });

  it("gets no more requests at once on a connection than it takes", async () => {
    const open: ServerHttp2Stream[] = [];
    const countBySession = new Map<unknown, number>();
    await using endpoint = await startHttp2Endpoint(
      (stream) => {
        open.push(stream);
        countBySession.set(stream.session, (countBySession.get(stream.session) ?? 0) + 1);
        if (open.length < 10) return;
        // All are there at once.
        for (const one of open) one.respond({ ":status": 204 }, { endStream: true });
      },
      { settings: { maxConcurrentStreams: 3 } },
    );
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const get = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(proxy.port, get)));
    expect(answers.map(statusOf)).toEqual(answers.map(() => 204));
    expect([...countBySession.values()].reduce((sum, count) => sum + count, 0)).toBe(10);
    expect(Math.max(...countBySession.values())).toBeLessThanOrEqual(3);
  });
});
