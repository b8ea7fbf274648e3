import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import {
  answering,
  ask,
  okWith,
  openClient,
  startProxy,
  startEndpoint,
  statusOf,
} from "#test/support/ingress-proxy.ts";

const CATCH_ALL = [ingressOf("i", { "": { "/": "s" } })];
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const CLOSING = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const UPGRADE = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: Upgrade\r\nUpgrade: ";

describe("requests at the edge of the grammar", () => {
  it("that cannot be read are answered with a body, whatever the request before was", async () => {
    await using endpoint = await startEndpoint(answering(""));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(GET.replace("GET", "HEAD"));
    await client.until((text) => text.endsWith("\r\n\r\n"));
    client.send("broken\r\n\r\n");
    expect((await client.ended()).text).toMatch(/HTTP\/1\.1 400 [^]*\r\n\r\n400 Bad Request\n$/);
  });

  it.each(["websocket, h2c", "websocket,websocket", "H2C"])("offer %s in vain", async (protocols) => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(`${UPGRADE}${protocols}\r\n\r\n`);
    await client.until((text) => text.endsWith("ok"));
    expect(endpoint.received()).not.toMatch(/upgrade/i);
  });

  it("may name a few fields in Connection, but not thousands to compare with", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    const naming = (count: number) => CLOSING.replace("close", `close${", x".repeat(count)}`);
    expect(statusOf(await ask(proxy.port, naming(32)))).toBe(200);
    expect(statusOf(await ask(proxy.port, naming(33)))).toBe(400);
  });

  it("I-H8 without Host, in HTTP/1.0, reach the endpoint with the name of the Service", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: CATCH_ALL });
    expect(statusOf(await ask(proxy.port, "GET / HTTP/1.0\r\n\r\n"))).toBe(200);
    expect(endpoint.received()).toContain("\r\nHost: s.default\r\n");
  });

  it("hidden in the body of a request that an endpoint answers early are not read, also when they come late", async () => {
    await using endpoint = await startEndpoint((socket) => socket.end(okWith("early")));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(`POST / HTTP/1.1\r\nHost: a.com\r\nTransfer-Encoding: chunked\r\n\r\n${"a".padStart(3, "0")}\r\n12345`);
    await client.until((text) => text.endsWith("early"));
    client.send(`67890\r\n0\r\n\r\n${GET.repeat(10)}`);
    client.socket.end();
    expect((await client.ended()).text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe("responses at the edge of the grammar", () => {
  it.each([
    { name: "204", head: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n" },
    { name: "an interim answer", head: `HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n${okWith("")}` },
  ])("say nothing of a body that $name cannot have", async ({ head }) => {
    await using endpoint = await startEndpoint((socket) => socket.write(head));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(GET);
    const text = await client.until((got) => /HTTP\/1\.1 20.[^]*\r\n\r\n$/.test(got));
    expect(text).not.toContain("Content-Length: 5");
    client.send(GET);
    await client.until((got) => got.match(/HTTP\/1\.1 20/g)?.length === 2);
    expect(endpoint.connections).toHaveLength(1);
  });

  it.each([
    { name: "HEAD", request: GET.replace("GET", "HEAD"), response: `${okWith("")}HTTP/1.1 200 Evil\r\n\r\n` },
    { name: "304", request: GET, response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil" },
    { name: "Content-Length", request: GET, response: `${okWith("ok")}HTTP/1.1 200 Evil\r\n\r\n` },
    {
      name: "the last chunk",
      request: GET,
      response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nevil",
    },
  ])("with more bytes than $name allows poison no connection", async ({ request, response }) => {
    let connections = 0;
    await using endpoint = await startEndpoint(
      (socket) => socket.write(connections === 1 ? response : okWith("clean")),
      () => (connections += 1),
    );
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(request);
    await client.until((text) => text.includes("\r\n\r\n"));
    await until("the connection to be closed", () => endpoint.connections[0]?.destroyed);
    client.send(GET);
    expect(await client.until((text) => text.endsWith("clean"))).not.toMatch(/evil/i);
    expect(endpoint.connections).toHaveLength(2);
  });

  it("of 17 interim answers are a flood: 502, and the endpoint is let go", async () => {
    await using endpoint = await startEndpoint((socket) => {
      socket.write("HTTP/1.1 102 Processing\r\n\r\n".repeat(17) + okWith("late"));
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    const text = await ask(proxy.port, CLOSING);
    expect(text.match(/HTTP\/1\.1 102/g)?.length).toBeLessThanOrEqual(16);
    expect(text).toMatch(/HTTP\/1\.1 502 /);
    expect(proxy.engine.counters.openEndpointConnections).toBe(0);
  });

  it("in chunks reach HTTP/1.0 clients whole and without framing, however small the chunks", async () => {
    const chunks = Array.from({ length: 20_000 }, (_, index) => `1\r\n${index % 10}\r\n`).join("");
    await using endpoint = await startEndpoint((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\nX-Sum: 1\r\n\r\n`);
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    const text = await ask(proxy.port, "GET / HTTP/1.0\r\nHost: a.com\r\nConnection: keep-alive\r\n\r\n");
    expect(text).toContain("Connection: close\r\n\r\n");
    expect(text.slice(text.indexOf("\r\n\r\n") + 4)).toBe("0123456789".repeat(2_000));
  });
});
