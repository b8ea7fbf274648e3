import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { blackHole } from "#test/support/black-hole.ts";
import {
  closedPort,
  ask,
  okWith,
  openClient,
  startEndpoint,
  startProxy,
  statusOf,
} from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const LONG_MS = 3_600_000;
const long = { endpointGapMs: LONG_MS, connectMs: LONG_MS, clientGapMs: LONG_MS };

describe("timeouts of an Ingress", () => {
  it("L2 proxy-read-timeout ends the wait for an answer, and for more of one", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("GET /part")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    });
    const ingresses = [annotatedIngress({ "proxy-read-timeout": "50ms" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: long });
    expect(statusOf(await ask(proxy.port, GET))).toBe(504);
    using client = openClient(proxy.port);
    client.send(GET.replace("/ ", "/part "));
    expect(await client.ended()).toMatchObject({ text: expect.stringContaining("half"), wasReset: true });
  });

  it("L2 proxy-read-timeout waits longer than the program's option", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    const ingresses = [annotatedIngress({ "proxy-read-timeout": "1h" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: { endpointGapMs: 1 } });
    using client = openClient(proxy.port);
    client.send(GET);
    await until("the endpoint to be asked", () => endpoint.received().includes("GET"));
    // Each tick would have ended it.
    const { nowMs } = proxy.engine;
    await until("some ticks", () => proxy.engine.nowMs > nowMs + 50);
    endpoint.connections[0]?.write(okWith("late"));
    expect((await client.ended()).text).toMatch(/^HTTP\/1\.1 200 .*late$/s);
  });

  it("L2 proxy-connect-timeout ends the wait for an endpoint that does not accept a connection", async () => {
    await using hole = await blackHole();
    const ingresses = [annotatedIngress({ "proxy-connect-timeout": "50ms" })];
    await using proxy = await startProxy({ s: [hole.port] }, { ingresses, limits: long });
    expect(statusOf(await ask(proxy.port, GET))).toBe(504);
  });

  it("L2 proxy-send-timeout ends the wait for an endpoint that takes no more of a body", async () => {
    await using endpoint = await startEndpoint(
      () => undefined,
      (socket) => socket.pause(),
    );
    const ingresses = [annotatedIngress({ "proxy-send-timeout": "100ms", "proxy-read-timeout": "1h" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: long });
    using client = openClient(proxy.port);
    const size = 64 * 1_048_576;
    client.send(`POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: ${size}\r\n\r\n`);
    client.socket.write(Buffer.alloc(size));
    expect(statusOf(await client.until((text) => text.includes("\r\n\r\n")))).toBe(504);
  });

  it("L2 proxy-read-timeout makes a tunnel live longer, and never shorter", async () => {
    await using endpoint = await startEndpoint((socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    });
    for (const { readMs, tunnelIdleMs, isKept } of [
      { readMs: "1h", tunnelIdleMs: 1, isKept: true },
      { readMs: "1ms", tunnelIdleMs: LONG_MS, isKept: true },
      { readMs: "1ms", tunnelIdleMs: 1, isKept: false },
    ]) {
      const ingresses = [annotatedIngress({ "proxy-read-timeout": readMs })];
      await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: { ...long, tunnelIdleMs } });
      using client = openClient(proxy.port);
      client.send("GET / HTTP/1.1\r\nHost: a.com\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
      // An endpoint whose answer takes longer than a millisecond would end in 504.
      const text = await client.until((got) => got.includes("\r\n\r\n")).catch(() => "");
      if (!text.startsWith("HTTP/1.1 101")) continue;
      const { nowMs } = proxy.engine;
      await until("some ticks", () => proxy.engine.nowMs > nowMs + 50);
      expect(proxy.engine.counters.openConnections === 1).toBe(isKept);
    }
  });

  it.each([
    { tries: "1", limit: 3, retries: 0 },
    { tries: "2", limit: 3, retries: 1 },
    { tries: "0", limit: 1, retries: 3 },
  ])(
    "L2 proxy-next-upstream-tries $tries, with $limit by default: $retries retries",
    async ({ tries, limit, retries }) => {
      const ports = await Promise.all([closedPort(), closedPort(), closedPort(), closedPort()]);
      const ingresses = [annotatedIngress({ "proxy-next-upstream-tries": tries })];
      await using proxy = await startProxy({ s: ports }, { ingresses, limits: { tries: limit } });
      expect(statusOf(await ask(proxy.port, GET))).toBe(502);
      expect(proxy.engine.counters.retries).toBe(retries);
    },
  );
});
