import { describe, expect, it } from "vitest";
import { BodyPace } from "#ingress/engine/body-pace.ts";
import { until } from "#lab/rack/until.ts";
import { answering, ask, openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

/** Looks at a pace ten times a second, as the engine does, for so many seconds; true: too slow. */
function isTooSlow(pace: BodyPace, seconds: number, bytesPerSecond: number, isHeld = false): boolean {
  for (let tick = 1; tick <= seconds * 10; tick++) {
    pace.add(bytesPerSecond / 10);
    if (pace.isTooSlow(tick * 100, isHeld)) return true;
  }
  return false;
}

describe("BodyPace", () => {
  it.each([
    { name: "a byte every 10 s", bytesPerSecond: 0.1, seconds: 60, isSlow: true },
    { name: "nothing", bytesPerSecond: 0, seconds: 11, isSlow: true },
    { name: "nothing, within the grace", bytesPerSecond: 0, seconds: 10, isSlow: false },
    { name: "a little more than the least rate", bytesPerSecond: 250, seconds: 600, isSlow: false },
  ])("H12 of $name for $seconds s: too slow $isSlow", ({ bytesPerSecond, seconds, isSlow }) => {
    const pace = new BodyPace({ bodyBytesPerSecond: 240, bodyMs: 0 });
    pace.start(0, 0);
    expect(isTooSlow(pace, seconds, bytesPerSecond)).toBe(isSlow);
  });

  it("H12 does not blame the client for an endpoint that takes nothing", () => {
    const pace = new BodyPace({ bodyBytesPerSecond: 240, bodyMs: 0 });
    pace.start(0, 65_536);
    expect(isTooSlow(pace, 600, 0, true)).toBe(false);
  });

  it("H12 ends a body that takes longer than the whole may, at any rate; 0 switches both bounds off", () => {
    const bounded = new BodyPace({ bodyBytesPerSecond: 240, bodyMs: 60_000 });
    bounded.start(0, 0);
    expect(isTooSlow(bounded, 59, 1e9)).toBe(false);
    expect(bounded.isTooSlow(60_000, false)).toBe(true);
    const unbounded = new BodyPace({ bodyBytesPerSecond: 0, bodyMs: 0 });
    unbounded.start(0, 0);
    expect(isTooSlow(unbounded, 6_000, 0)).toBe(false);
  });
});

describe("a request body that is larger than the limit", () => {
  const head = "POST / HTTP/1.1\r\nHost: a.com\r\n";
  it.each([
    { name: "by its length, before it is sent", bytes: `${head}Content-Length: 101\r\n\r\n`, status: 413 },
    { name: "that is awaited", bytes: `${head}Expect: 100-continue\r\nContent-Length: 101\r\n\r\n`, status: 413 },
    {
      name: "in one chunk",
      bytes: `${head}Transfer-Encoding: chunked\r\n\r\n65\r\n${"x".repeat(101)}\r\n`,
      status: 413,
    },
    { name: "in chunks", bytes: `${head}Transfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(101)}`, status: 413 },
    {
      name: "not at all",
      bytes: `${head}Content-Length: 100\r\nConnection: close\r\n\r\n${"x".repeat(100)}`,
      status: 200,
    },
    {
      name: "not at all, in chunks",
      bytes: `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${"1\r\nx\r\n".repeat(100)}0\r\n\r\n`,
      status: 200,
    },
  ])("I17 gets $status: $name", async ({ bytes, status }) => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.endsWith("x") || text.endsWith("0\r\n\r\n")) answering("ok")(socket, "\r\n\r\n");
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { bodyBytes: 100 } });
    expect(statusOf(await ask(proxy.port, bytes))).toBe(status);
  });

  it("I17 gets 413 also where the chunks come one by one", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { bodyBytes: 100 } });
    using client = openClient(proxy.port);
    client.send(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    await until("the endpoint to be asked", () => endpoint.received().includes("POST"));
    for (let count = 0; count < 101; count++) client.send("1\r\nx\r\n");
    expect(statusOf((await client.ended()).text)).toBe(413);
    await until("the endpoint to be let go", () => proxy.engine.counters.openEndpointConnections === 0);
  });
});

describe("a request body that comes too slowly", () => {
  it("I17 is waited for as long as --client-timeout says, whatever endpoints are allowed", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("GET")) answering("ok")(socket, "\r\n\r\n");
    });
    const limits = { clientGapMs: 50, endpointGapMs: 3_600_000 };
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits });
    const post = "POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 10\r\n\r\n";
    expect(statusOf(await ask(proxy.port, `${post}half`))).toBe(408);
    // Over a connection that is open already, and without any of the body.
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await client.until((text) => text.endsWith("ok"));
    client.send(post);
    expect((await client.ended()).text).toContain("HTTP/1.1 408");
  });

  it("H12 is answered 408, and its endpoint is free again", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    // Two bytes a second less than the bound, in time that a tick makes long.
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { bodyMs: 200 } });
    using client = openClient(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 1000000\r\n\r\n");
    const drip = setInterval(() => client.send("x"), 20);
    const { text } = await client.ended();
    clearInterval(drip);
    expect(statusOf(text)).toBe(408);
    await until("the endpoint to be let go", () => proxy.engine.counters.openEndpointConnections === 0);
  });
});
