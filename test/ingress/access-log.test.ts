import { describe, expect, it } from "vitest";
import { AccessLog } from "#ingress/engine/access-log.ts";
import { until } from "#lab/rack/until.ts";
import { answering, ask, closedPort, openClient, startProxy, startEndpoint } from "#test/support/ingress-proxy.ts";

/** A proxy whose access log is gathered as parsed lines. */
async function loggingProxy(ports: readonly number[]) {
  const lines: Record<string, unknown>[] = [];
  const writeAccessLog = (bytes: Buffer) => {
    for (const line of bytes.toString("utf8").trimEnd().split("\n"))
      lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  const proxy = await startProxy({ s: ports });
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
