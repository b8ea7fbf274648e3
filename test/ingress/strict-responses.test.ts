import { describe, expect, it } from "vitest";
import { ask, openClient, startProxy, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";

const OK = "HTTP/1.1 200 OK\r\n";

describe("strict responses", () => {
  it.each([
    { name: "two Content-Length", bytes: `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok` },
    { name: "Content-Length as a list of two", bytes: `${OK}Content-Length: 2, 3\r\n\r\nok` },
    { name: "Content-Length with a sign", bytes: `${OK}Content-Length: +2\r\n\r\nok` },
    {
      name: "a bad Content-Length with Transfer-Encoding",
      bytes: `${OK}Content-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    },
    {
      name: "chunked twice",
      bytes: `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    },
    { name: "Transfer-Encoding gzip, chunked", bytes: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n` },
    { name: "obs-fold", bytes: `${OK}X: a\r\n b\r\nContent-Length: 0\r\n\r\n` },
    { name: "bare CR", bytes: `${OK}X: a\rb\r\nContent-Length: 0\r\n\r\n` },
    { name: "blanks within a chunk size", bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n1 0\r\n` },
    { name: "NUL in a value", bytes: `${OK}X: a\0\r\nContent-Length: 0\r\n\r\n` },
    { name: "status of two digits", bytes: "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n" },
    { name: "status of four digits", bytes: "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n" },
    { name: "HTTP/2.0", bytes: "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n" },
    { name: "no HTTP at all", bytes: "SSH-2.0-OpenSSH\r\n" },
    { name: "a first bad chunk", bytes: `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n` },
    {
      name: "17 interim answers",
      bytes: `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(17)}${OK}Content-Length: 0\r\n\r\n`,
    },
    { name: "a switch of protocol nobody asked for", bytes: "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n" },
    { name: "a head over 32 KiB", bytes: `${OK}X: ${"a".repeat(33_000)}\r\n\r\n` },
    { name: "101 fields", bytes: `${OK}${"X: a\r\n".repeat(101)}\r\n` },
    { name: "an end without a byte", bytes: "" },
    { name: "an end within the head", bytes: "HTTP/1.1 200 OK\r\nContent-" },
  ])("answers 502 for $name, and drops that connection", async ({ bytes }) => {
    await using endpoint = await startEndpoint((socket) => void socket.end(Buffer.from(bytes, "latin1")));
    await using proxy = await startProxy({ s: [endpoint.port] });
    const text = await ask(proxy.port, "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n");
    expect(statusOf(text.replaceAll("HTTP/1.1 102 Processing\r\n\r\n", ""))).toBe(502);
    expect(proxy.engine.counters.openEndpointConnections).toBe(0);
  });

  it.each([
    {
      name: "bytes after the body",
      bytes: `${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned`,
    },
    { name: "a body where there is none", bytes: "HTTP/1.1 204 No Content\r\n\r\npoisoned" },
    { name: "Connection: close", bytes: `${OK}Connection: close\r\nContent-Length: 2\r\n\r\nok` },
    { name: "HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok" },
  ])("does not use a connection again after $name", async ({ bytes }) => {
    await using endpoint = await startEndpoint((socket) => void socket.write(bytes));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    for (const count of [1, 2]) {
      client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
      const text = await client.until((got) => got.match(/HTTP\/1\.1 20/g)?.length === count);
      expect(text).not.toContain("poisoned");
    }
    expect(endpoint.connections).toHaveLength(2);
  });

  it("closes an idle connection on which the endpoint speaks unasked", async () => {
    await using endpoint = await startEndpoint((socket) => void socket.write(`${OK}Content-Length: 2\r\n\r\nok`));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await client.until((text) => text.endsWith("ok"));
    const closed = new Promise((resolve) => endpoint.connections[0]?.once("close", resolve));
    endpoint.connections[0]?.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned");
    await closed;
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    expect(await client.until((text) => text.match(/ok/g)?.length === 2)).not.toContain("poisoned");
  });

  it.each([
    { name: "a body that is too short", bytes: `${OK}Content-Length: 100\r\n\r\nshort` },
    { name: "chunks without end", bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n` },
    { name: "a bad chunk later on", bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n`, more: "zz\r\n" },
  ])("resets the client's connection after $name: never a clean end", async ({ bytes, more }) => {
    await using endpoint = await startEndpoint((socket) => void socket.write(bytes));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await client.until((text) => text.includes("short"));
    if (more === undefined) endpoint.connections[0]?.end();
    else endpoint.connections[0]?.write(more);
    expect((await client.ended()).wasReset).toBe(true);
  });

  it("resets the client's connection when a body that ends with the connection is reset", async () => {
    await using endpoint = await startEndpoint((socket) => void socket.write(`${OK}\r\nshort`));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await client.until((text) => text.includes("short"));
    endpoint.connections[0]?.resetAndDestroy();
    expect((await client.ended()).wasReset).toBe(true);
  });
});
