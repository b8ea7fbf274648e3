import { describe, expect, it } from "vitest";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import type { Limits } from "#ingress/engine/limits.ts";
import { REASON_LIST, type ResponseReason } from "#ingress/engine/response-reason.ts";
import { until } from "#lab/rack/until.ts";
import { answering, ask, closedPort, openClient, startProxy, startEndpoint } from "#test/support/ingress-proxy.ts";

/** A proxy whose access log is gathered as parsed lines. */
async function loggingProxy(ports: readonly number[], limits: Partial<Limits> = {}) {
  const lines: Record<string, unknown>[] = [];
  const writeAccessLog = (bytes: Buffer) => {
    for (const line of bytes.toString("utf8").trimEnd().split("\n"))
      lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  const proxy = await startProxy({ s: ports }, { limits });
  Object.assign(proxy.engine, { accessLog: new AccessLog(writeAccessLog) });
  return { proxy, lines };
}

describe("the access log", () => {
  it("has a line for each answered request, with what was sent to the last byte", async () => {
    await using endpoint = await startEndpoint(answering("x".repeat(100_000)));
    const { proxy, lines } = await loggingProxy([endpoint.port]);
    await using _ = proxy;
    using client = openClient(proxy.port);
    client.send(`GET /a?b="c" HTTP/1.1\r\nHost: a.com\r\n\r\nHEAD /none HTTP/1.1\r\nHost: b.com\r\n\r\nbroken\r\n\r\n`);
    const { text } = await client.ended();
    await until("three lines", () => lines.length === 3);
    expect(lines[0]).toMatchObject({
      msg: "request",
      client: "127.0.0.1",
      tls: false,
      method: "GET",
      host: "a.com",
      target: '/a?b="c"',
      status: 200,
      ingress: "default/i",
      endpoint: `127.0.0.1:${endpoint.port}`,
    });
    expect(lines[1]).toMatchObject({ method: "HEAD", host: "b.com", status: 404, ingress: "", endpoint: "" });
    expect(lines[2]).toMatchObject({ method: "", host: "", target: "", status: 400 });
    expect(lines.reduce((sum, { bytes }) => sum + Number(bytes), 0)).toBe(text.length);
  });

  it("names the endpoint that failed, and escapes and cuts what a client may write", async () => {
    const port = await closedPort();
    const { proxy, lines } = await loggingProxy([port]);
    await using _ = proxy;
    const target = `/\xff\\"${"ü".repeat(4_000)}`;
    await ask(proxy.port, `GET ${target} HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n`);
    await until("the line", () => lines.length === 1);
    expect(lines[0]).toMatchObject({ status: 502, endpoint: `127.0.0.1:${port}`, target: target.slice(0, 1_024) });
  });

  it("stays within its buffer whatever the lines are", async () => {
    const { proxy, lines } = await loggingProxy([]);
    await using _ = proxy;
    using client = openClient(proxy.port);
    client.send(`GET /${"\xfe".repeat(2_000)} HTTP/1.1\r\nHost: ${"a".repeat(2_000)}\r\n\r\n`);
    await client.ended();
    using other = openClient(proxy.port);
    other.send(`GET /${"\xfe".repeat(2_000)} HTTP/1.1\r\nHost: a.com\r\n\r\n`.repeat(100));
    await other.until((text) => text.match(/503/g)?.length === 200);
    await until("all lines", () => lines.length === 101);
  });
});

const CUT = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
const POST = "POST / HTTP/1.1\r\nHost: a.com\r\n";

describe("I12 an error of our own", () => {
  const cases: readonly (readonly [ResponseReason, number, string])[] = [
    ["request-malformed", 400, "GET / HTTP/1.1\r\nHost : a.com\r\n\r\n"],
    ["request-body-malformed", 400, `${POST}Transfer-Encoding: chunked\r\n\r\nx`],
    ["bad-host", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"],
    ["no-route", 404, "GET / HTTP/1.1\r\nHost: b.com\r\nConnection: close\r\n\r\n"],
    ["method-not-allowed", 405, "TRACE / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n"],
    ["request-head-timeout", 408, "GET / HT"],
    ["request-body-timeout", 408, `${POST}Content-Length: 2\r\n\r\n1`],
    ["target-too-long", 414, `GET /${"x".repeat(9_000)} HTTP/1.1\r\nHost: a.com\r\n\r\n`],
    ["request-head-too-large", 431, `GET / HTTP/1.1\r\nHost: a.com\r\n${"x: y\r\n".repeat(101)}\r\n`],
  ];
  it.each(cases)("has the reason %s in the access log and in the metrics", async (reason, status, request) => {
    await using silent = await startEndpoint(() => undefined);
    const { proxy, lines } = await loggingProxy([silent.port], { headMs: 1_000, clientGapMs: 50, endpointGapMs: 50 });
    await using _ = proxy;
    await ask(proxy.port, request);
    await until("the line", () => lines.length === 1);
    expect(lines[0]).toMatchObject({ status, reason });
    expect(proxy.engine.counters.reasons[REASON_LIST.indexOf(reason)]).toBe(1);
  });

  const ofEndpoints: readonly (readonly [ResponseReason, number, string | undefined])[] = [
    ["endpoint-closed", 502, ""],
    ["answer-malformed", 502, "HTTP/9.9 200 OK\r\n\r\n"],
    ["answer-timeout", 504, undefined],
  ];
  it.each(ofEndpoints)("names Ingress, Service and endpoint beside %s", async (reason, status, answer) => {
    await using endpoint = await startEndpoint((socket) => answer !== undefined && socket.end(answer, "latin1"));
    // One that answers may take its time on a busy machine.
    const { proxy, lines } = await loggingProxy([endpoint.port], answer === undefined ? { endpointGapMs: 50 } : {});
    await using _ = proxy;
    await ask(proxy.port, `${POST}Connection: close\r\n\r\n`);
    await until("the line", () => lines.length === 1);
    const names = { ingress: "default/i", service: "default/s:80", endpoint: `127.0.0.1:${endpoint.port}` };
    expect(lines[0]).toMatchObject({ status, reason, ...names });
  });

  it("names Ingress and Service where no endpoint is ready", async () => {
    const { proxy, lines } = await loggingProxy([]);
    await using _ = proxy;
    await ask(proxy.port, `${POST}Connection: close\r\n\r\n`);
    await until("the line", () => lines.length === 1);
    const names = { ingress: "default/i", service: "default/s:80", endpoint: "" };
    expect(lines[0]).toMatchObject({ status: 503, reason: "no-endpoint", ...names });
  });
});

describe("H8 a request without a whole answer", () => {
  it("is logged and counted once when the endpoint breaks off", async () => {
    await using endpoint = await startEndpoint((socket) => void socket.end(CUT));
    const { proxy, lines } = await loggingProxy([endpoint.port]);
    await using _ = proxy;
    using client = openClient(proxy.port);
    client.send("GET /a HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await client.ended();
    await until("the line", () => lines.length === 1);
    expect(lines).toMatchObject([{ target: "/a", status: 200, reason: "endpoint-closed", ingress: "default/i" }]);
    expect(Number(lines[0]!["bytes"])).toBeGreaterThan(0);
    expect(proxy.engine.counters.requests[2]).toBe(1);
  });

  it.each([
    ["before the answer", "", 499],
    ["during the answer", CUT, 200],
  ])("is logged and counted once when the client goes %s", async (_name, answer, status) => {
    await using endpoint = await startEndpoint((socket) => void socket.write(answer));
    const { proxy, lines } = await loggingProxy([endpoint.port]);
    await using _ = proxy;
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await until("the endpoint to be asked", () => endpoint.received() !== "");
    if (answer !== "") await client.until((text) => text.endsWith("half"));
    client.socket.resetAndDestroy();
    await until("the line", () => lines.length === 1);
    await until("the connection to be gone", () => proxy.engine.counters.openConnections === 0);
    expect(lines).toMatchObject([{ status, reason: "client-gone" }]);
    expect(proxy.engine.counters.requests[Math.trunc(status / 100)]).toBe(1);
  });

  it("is logged and counted once when a slow reader is given up", async () => {
    await using endpoint = await startEndpoint((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
      socket.write(Buffer.alloc(50_000_000));
    });
    const { proxy, lines } = await loggingProxy([endpoint.port], { clientGapMs: 50 });
    await using _ = proxy;
    using client = openClient(proxy.port);
    client.socket.pause();
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await until("the line", () => lines.length === 1);
    expect(lines).toMatchObject([{ status: 200, reason: "client-slow" }]);
  });

  it("is logged and counted once when the program ends", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    const { proxy, lines } = await loggingProxy([endpoint.port]);
    await using _ = proxy;
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await until("the endpoint to be asked", () => endpoint.received() !== "");
    proxy.engine.close();
    expect(lines).toMatchObject([{ status: 499, reason: "shut-down" }]);
  });

  it("has no line for a connection that asked nothing", async () => {
    const { proxy, lines } = await loggingProxy([]);
    await using _ = proxy;
    using client = openClient(proxy.port);
    client.send("GET / HT");
    await until("the connection", () => proxy.engine.counters.openConnections === 1);
    client.socket.resetAndDestroy();
    await until("the connection to be gone", () => proxy.engine.counters.openConnections === 0);
    proxy.engine.close();
    expect(lines).toEqual([]);
  });
});
