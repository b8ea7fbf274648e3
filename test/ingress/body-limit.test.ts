import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const POST = "POST / HTTP/1.1\r\nHost: a.com\r\n";
const ofLength = (bytes: number) => `${POST}Content-Length: ${bytes}\r\nConnection: close\r\n\r\n${"x".repeat(bytes)}`;
const inChunks = (bytes: number) =>
  `${POST}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${"1\r\nx\r\n".repeat(bytes)}0\r\n\r\n`;

describe("proxy-body-size", () => {
  it.each([
    { size: "1k", option: 0, request: ofLength(1_024), status: 200 },
    { size: "1k", option: 0, request: ofLength(1_025), status: 413 },
    { size: "1k", option: 0, request: inChunks(1_024), status: 200 },
    { size: "1k", option: 0, request: inChunks(1_025), status: 413 },
    { size: "1k", option: 100, request: ofLength(1_024), status: 200 },
    { size: "0", option: 100, request: ofLength(101), status: 200 },
    { size: "much", option: 100, request: ofLength(101), status: 413 },
    { size: "much", option: 0, request: ofLength(1_025), status: 200 },
  ])("L1 $size, with a limit of $option by option: $status", async ({ size, option, request, status }) => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.endsWith("x") || text.endsWith("0\r\n\r\n")) answering("ok")(socket, "\r\n\r\n");
    });
    const ingresses = [annotatedIngress({ "proxy-body-size": size })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: { bodyBytes: option } });
    expect(statusOf(await ask(proxy.port, request))).toBe(status);
    if (status === 413) expect(endpoint.received()).toBe("");
  });

  it("L1 is answered 413 before the endpoint gets more, where chunks come one by one", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [annotatedIngress({ "proxy-body-size": "10b" })] },
    );
    using client = openClient(proxy.port);
    client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
    await until("the endpoint to be asked", () => endpoint.received().includes("POST"));
    client.send("a\r\n0123456789\r\n");
    await until("what is allowed to arrive", () => endpoint.received().includes("0123456789"));
    client.send("3\r\nxyz\r\n");
    expect(statusOf((await client.ended()).text)).toBe(413);
    await until("the endpoint to be let go", () => proxy.engine.counters.openEndpointConnections === 0);
    expect(endpoint.received()).not.toContain("xyz");
  });

  it("L1 is asked before a client that waits is told to go on", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [annotatedIngress({ "proxy-body-size": "1k" })] },
    );
    using client = openClient(proxy.port);
    client.send(`${POST}Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n`);
    expect((await client.ended()).text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("L1 of one Ingress is not that of another on the same connection", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.endsWith("x")) answering("ok")(socket, "\r\n\r\n");
    });
    const ingresses = [annotatedIngress({ "proxy-body-size": "1k" }), ingressOf("other", { "b.com": { "/": "s" } })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send(ofLength(1_000).replace("Connection: close\r\n", ""));
    await client.until((text) => text.endsWith("ok"));
    client.send(ofLength(2_000).replace("a.com", "b.com"));
    const { text } = await client.ended();
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200"]);
  });
});
