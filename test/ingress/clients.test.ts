import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { answering, openClient, startProxy, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const UPGRADE = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHING =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";

describe("clients", () => {
  it("that do not complete a head in time get 408, however they drip", async () => {
    await using proxy = await startProxy({}, { limits: { headMs: 100 } });
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\n");
    const drip = setInterval(() => client.send("X-A: b\r\n"), 20);
    const { text } = await client.ended();
    clearInterval(drip);
    expect(statusOf(text)).toBe(408);
  });

  it("that say nothing are closed without an answer", async () => {
    await using proxy = await startProxy({}, { limits: { headMs: 50 } });
    using client = openClient(proxy.port);
    expect((await client.ended()).text).toBe("");
  });

  it("that are idle between requests are closed after a while", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { keepAliveMs: 50 } });
    using client = openClient(proxy.port);
    client.send(GET);
    expect((await client.ended()).text).toMatch(/ok$/);
  });

  it("that do not send the body they announced get 408", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { endpointGapMs: 50 } });
    using client = openClient(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 9\r\n\r\npart");
    expect(statusOf((await client.ended()).text)).toBe(408);
    await until("the endpoint to be let go", () => proxy.engine.counters.openEndpointConnections === 0);
  });

  it("that stop reading are reset", async () => {
    await using endpoint = await startEndpoint((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
      socket.write(Buffer.alloc(99_999_999));
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { clientGapMs: 50 } });
    using client = openClient(proxy.port);
    client.send(GET);
    await client.until((text) => text.length > 0);
    client.socket.pause();
    await until("the connection to be dropped", () => proxy.engine.counters.openConnections === 0);
    expect(proxy.engine.counters.openEndpointConnections).toBe(0);
  });

  it("that leave before the answer cancel it", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(GET);
    await until("the request to arrive", () => endpoint.received() !== "");
    client.socket.resetAndDestroy();
    await until("the endpoint's connection to close", () => endpoint.connections[0]?.destroyed);
  });

  it("are told to close while the proxy drains, and those between requests are closed", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using active = openClient(proxy.port);
    using idle = openClient(proxy.port);
    for (const client of [active, idle]) {
      client.send(GET);
      await client.until((text) => text.endsWith("ok"));
    }
    proxy.engine.drain();
    active.send(GET);
    expect((await active.ended()).text).toMatch(/Connection: close\r\n\r\nok$/);
    await until("the last client to be gone", () => proxy.engine.endIdle() === 0);
    expect((await idle.ended()).text).not.toContain("Connection: close");
  });

  it("may change the protocol: bytes go both ways until both sides end", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.startsWith("GET")) socket.write(`${SWITCHING}hello `);
      else socket.write(text.toUpperCase());
    });
    endpoint.connections.length = 0;
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    // Sent before the answer has come: belongs to the tunnel if there is one.
    client.send(`${UPGRADE}early `);
    const text = await client.until((got) => got.endsWith("hello EARLY "));
    expect(text).toContain("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    expect(text).toContain("Sec-WebSocket-Accept: x");
    expect(endpoint.received()).toContain("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    client.send("ping");
    await client.until((got) => got.endsWith("PING"));
    client.socket.end();
    await client.ended();
    await until(
      "the tunnel to be gone",
      () => proxy.engine.counters.openEndpointConnections + proxy.engine.counters.openConnections === 0,
    );
    expect(proxy.engine.counters.requests[1]).toBe(1);
  });

  it("whose change of protocol the endpoint declines go on in HTTP", async () => {
    await using endpoint = await startEndpoint(answering("no"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(`${UPGRADE}${GET}`);
    expect((await client.until((text) => text.match(/no/g)?.length === 2)).match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });

  it.each([
    { name: "HTTP/2 in clear", request: UPGRADE.replace("websocket", "h2c") },
    { name: "anything in HTTP/1.0", request: UPGRADE.replace("HTTP/1.1", "HTTP/1.0") },
    { name: "anything with a body", request: UPGRADE.replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx") },
    { name: "anything that Connection does not name", request: UPGRADE.replace("Connection: Upgrade\r\n", "") },
  ])("cannot change the protocol to $name", async ({ request }) => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(request);
    await client.until((text) => text.endsWith("ok"));
    expect(endpoint.received()).not.toMatch(/upgrade/i);
  });
});
