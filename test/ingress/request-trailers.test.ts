import { describe, expect, it } from "vitest";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { startHttp2Endpoint } from "#test/support/http2-endpoint.ts";
import { ask, okWith, openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const CHUNKED_POST =
  "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\n";
const SNIPPET = { "configuration-snippet": "proxy_set_header X-Tenant one;" };

/** An endpoint of HTTP/1.1 that answers when a request is whole, and what trailers it got. */
async function startText() {
  const endpoint = await startEndpoint((socket) => {
    if (/\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(endpoint.received())) socket.write(okWith("page"));
  });
  const trailers = () => endpoint.received().split("\r\n0\r\n").slice(1).join("").toLowerCase();
  return { port: endpoint.port, trailers, annotations: SNIPPET, close: () => endpoint[Symbol.asyncDispose]() };
}

/** One of HTTP/2. */
async function startFrames() {
  let got = "";
  const endpoint = await startHttp2Endpoint((stream) => {
    stream.on("trailers", (fields) => (got += JSON.stringify(fields)));
    stream.resume().on("end", () => stream.respond({ ":status": 200 }, { endStream: true }));
  });
  const annotations = { ...SNIPPET, "backend-protocol": "GRPC" };
  return { port: endpoint.port, trailers: () => got, annotations, close: () => endpoint[Symbol.asyncDispose]() };
}

describe.each([
  { name: "HTTP/1.1", start: startText },
  { name: "HTTP/2", start: startFrames },
])("trailers of a request to an endpoint of $name", ({ start }) => {
  it.each([
    { trailer: "X-Tenant: two", status: 400 },
    { trailer: "x-tenant: two", status: 400 },
    { trailer: "X-Sum: 1\r\nX-Tenant: two", status: 400 },
    { trailer: "X-Of-All: two", status: 400 },
    { trailer: "X-Tenants: two", status: 200 },
    { trailer: `X-${"n".repeat(254)}: two`, status: 200 },
    { trailer: `X-${"n".repeat(255)}: two`, status: 400 },
    { trailer: `X-Forwarded-${"n".repeat(200)}: two`, status: 400 },
  ])("pass where neither the rule nor what holds for all writes such a field: $trailer, $status", async (row) => {
    const endpoint = await start();
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [annotatedIngress(endpoint.annotations)] },
    );
    proxy.engine.requestHeaders = { removes: ["x-of-all"], fields: [] };
    expect(statusOf(await ask(proxy.port, `${CHUNKED_POST}${row.trailer}\r\n\r\n`))).toBe(row.status);
    expect(endpoint.trailers().includes("two")).toBe(row.status === 200);
    await endpoint.close();
  });

  it("are found however they are cut, and in each request of a connection anew", async () => {
    const endpoint = await start();
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [annotatedIngress(endpoint.annotations)] },
    );
    using client = openClient(proxy.port);
    const answers = (text: string) => text.split("HTTP/1.1 ").length - 1;
    const first = CHUNKED_POST.replace("Connection: close\r\n", "");
    for (const byte of `${first}X-Sum: 1\r\n\r\n`) client.send(byte);
    await client.until((text) => answers(text) === 1);
    client.send(first);
    client.send("X-Ten");
    client.send("ant: two\r\n\r\n");
    const { text } = await client.ended();
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "400"]);
    expect(endpoint.trailers()).toContain("x-sum");
    expect(endpoint.trailers()).not.toContain("two");
    await endpoint.close();
  });
});
