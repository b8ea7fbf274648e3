import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { ENDPOINT_FAILURES } from "#ingress/engine/counters.ts";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import {
  answering,
  ask,
  closedPort,
  listen,
  okWith,
  openClient,
  startProxy,
  startEndpoint,
  statusOf,
  type Client,
} from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 4\r\n\r\nbody";
const CLOSING = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";

/** Sends requests one after the other on one connection and returns the bodies, which are one character each. */
async function bodiesOf(client: Client, count: number): Promise<string> {
  const bodies: string[] = [];
  for (let index = 1; index <= count; index++) {
    client.send(GET);
    const text = await client.until((got) => got.match(/\r\n\r\n./g)?.length === index);
    bodies.push(text.at(-1) ?? "");
  }
  return bodies.join("");
}

describe("endpoints", () => {
  it("alternate strictly, over one connection each", async () => {
    await using a = await startEndpoint(answering("a"));
    await using b = await startEndpoint(answering("b"));
    await using proxy = await startProxy({ s: [a.port, b.port] });
    using client = openClient(proxy.port);
    expect(await bodiesOf(client, 10)).toBe("ababababab");
    expect([a.connections.length, b.connections.length]).toEqual([1, 1]);
  });

  it("alternate over all clients together, also with a new connection for each request", async () => {
    await using a = await startEndpoint(answering("a"));
    await using b = await startEndpoint(answering("b"));
    await using proxy = await startProxy({ s: [a.port, b.port] }, { limits: { settleMs: 0 } });
    const bodies: string[] = [];
    for (let count = 0; count < 6; count++) bodies.push((await ask(proxy.port, CLOSING)).at(-1) ?? "");
    expect(bodies.join("")).toBe("ababab");
    expect([a.connections.length, b.connections.length]).toEqual([1, 1]);
  });

  it("serve 1 000 requests of one client over one connection", async () => {
    await using a = await startEndpoint(answering("a"));
    await using proxy = await startProxy({ s: [a.port] });
    using client = openClient(proxy.port);
    client.send(GET.repeat(1_000));
    await client.until((text) => text.match(/HTTP\/1\.1 200/g)?.length === 1_000);
    expect(a.connections).toHaveLength(1);
    expect(proxy.engine.counters.requests[2]).toBe(1_000);
  });

  it("I-B20 that refuse the connection are passed over, without loss for any method", async () => {
    await using good = await startEndpoint((socket, text) => text.endsWith("body") && socket.write(okWith("g")));
    await using proxy = await startProxy({ s: [await closedPort(), await closedPort(), good.port] });
    expect(statusOf(await ask(proxy.port, POST.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")))).toBe(200);
    expect(good.received()).toMatch(/\r\n\r\nbody$/);
    expect(proxy.engine.counters.retries).toBe(2);
  });

  it("I-B20 that all refuse the connection make 502 after 3 tries", async () => {
    const ports = await Promise.all([1, 2, 3, 4].map(closedPort));
    await using proxy = await startProxy({ s: ports });
    expect(statusOf(await ask(proxy.port, CLOSING))).toBe(502);
    expect([...proxy.engine.counters.endpointFailures].filter((count) => count > 0)).toEqual([3]);
  });

  it("I-B5 that are none make 503, an unknown host 404, and the connection lives on", async () => {
    await using proxy = await startProxy({ s: [] });
    using client = openClient(proxy.port);
    client.send(`${GET}GET / HTTP/1.1\r\nHost: b.com\r\n\r\n`);
    const text = await client.until((got) => got.endsWith("404 Not Found\n"));
    expect(text.match(/^HTTP\/1\.1 .*$/gm)).toEqual(["HTTP/1.1 503 Service Unavailable", "HTTP/1.1 404 Not Found"]);
  });

  it("I-B20 that do not answer in time make 504", async () => {
    await using silent = await startEndpoint(() => undefined);
    await using proxy = await startProxy({ s: [silent.port] }, { limits: { endpointGapMs: 50 } });
    expect(statusOf(await ask(proxy.port, CLOSING))).toBe(504);
    expect(proxy.engine.counters.endpointFailures[ENDPOINT_FAILURES.indexOf("answer-timeout")]).toBe(1);
  });

  it("I-B20 that stop in the middle of a body make a reset", async () => {
    await using stuck = await startEndpoint((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
    );
    await using proxy = await startProxy({ s: [stuck.port] }, { limits: { endpointGapMs: 1_000 } });
    using client = openClient(proxy.port);
    client.send(GET);
    expect(await client.ended()).toMatchObject({ wasReset: true });
  });

  it.each([
    { method: "GET", request: GET, status: 200 },
    { method: "POST", request: POST, status: 502 },
  ])(
    "that close an idle connection as $method comes: $status, a retry only where it is safe",
    async ({ request, status }) => {
      let connections = 0;
      const server = createServer((socket) => {
        connections += 1;
        const isFirst = connections === 1;
        let requests = 0;
        socket
          .on("error", () => undefined)
          .on("data", () => {
            requests += 1;
            // The first connection answers once and dies of the second request, unseen until that is sent.
            if (isFirst && requests === 2) socket.resetAndDestroy();
            else socket.write(okWith("x"));
          });
      });
      const port = await listen(server);
      await using proxy = await startProxy({ s: [port] });
      using client = openClient(proxy.port);
      client.send(GET);
      await client.until((text) => text.endsWith("x"));
      client.send(request);
      const text = await client.until((got) => got.match(/HTTP\/1\.1/g)?.length === 2);
      expect(statusOf(text.slice(text.lastIndexOf("HTTP/1.1")))).toBe(status);
      expect(connections).toBe(status === 200 ? 2 : 1);
      server.close();
    },
  );

  it("lose their idle connections after a while", async () => {
    await using a = await startEndpoint(answering("a"));
    await using proxy = await startProxy({ s: [a.port] }, { limits: { endpointIdleMs: 50 } });
    using client = openClient(proxy.port);
    await bodiesOf(client, 1);
    await until("the idle connection to close", () => a.connections[0]?.destroyed);
    expect(await bodiesOf(openClient(proxy.port), 1)).toBe("a");
    expect(a.connections).toHaveLength(2);
  });

  it("keep no more idle connections than allowed", async () => {
    await using a = await startEndpoint(answering("a"));
    await using proxy = await startProxy({ s: [a.port] }, { limits: { idleConnectionsPerEndpoint: 2 } });
    const clients = Array.from({ length: 8 }, () => openClient(proxy.port));
    await Promise.all(clients.map((client) => bodiesOf(client, 1)));
    await until("the others to close", () => proxy.engine.counters.openEndpointConnections <= 2);
    expect(a.connections.length).toBeGreaterThanOrEqual(2);
    for (const client of clients) client.socket.destroy();
  });

  it("I-E4 I-E11 I-E12 change under load without losing a request, and old connections are not used for a new pod", async () => {
    const servers = Array.from({ length: 3 }, () => createHttpServer((_, response) => response.end("ok")));
    const ports = await Promise.all(servers.map(listen));
    await using proxy = await startProxy({ s: ports });
    const running = new AbortController();
    let answered = 0;
    const clients = Array.from({ length: 8 }, async () => {
      using client = openClient(proxy.port);
      for (let count = 1; !running.signal.aborted; count++) {
        client.send(GET);
        await client.until((text) => text.match(/HTTP\/1\.1/g)?.length === count);
        answered += 1;
      }
      return client.text().match(/HTTP\/1\.1 \d+/g) ?? [];
    });
    for (let change = 0; change < 50; change++) {
      const before = answered;
      proxy.setEndpoints({ s: ports.filter((_, index) => index !== change % 3) });
      await until("requests on this table", () => answered >= before + 10);
    }
    running.abort();
    const statuses = (await Promise.all(clients)).flat();
    expect(statuses.length).toBe(answered);
    expect(new Set(statuses)).toEqual(new Set(["HTTP/1.1 200"]));
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("H16 give a client's first request no connection that another client used just now", async () => {
    // Each answer has bytes behind it that come late: an answer for whoever asks next.
    await using endpoint = await startEndpoint((socket) => {
      setTimeout(() => {
        socket.write(okWith("own"));
        setTimeout(() => socket.write(okWith("late")), 2);
      }, 10);
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { settleMs: 500 } });
    const answers: unknown[] = [];
    for (let count = 0; count < 20; count++) answers.push((await ask(proxy.port, CLOSING)).split("\r\n\r\n")[1]);
    expect(new Set(answers)).toEqual(new Set(["own"]));
  });

  it("H16 give it one that has rested, and to later requests of a client any", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { settleMs: 50 } });
    await ask(proxy.port, CLOSING);
    await until("it to be used again", async () => {
      const before = endpoint.connections.length;
      await ask(proxy.port, CLOSING);
      return endpoint.connections.length === before;
    });
    using client = openClient(proxy.port);
    const before = endpoint.connections.length;
    await bodiesOf(client, 20);
    expect(endpoint.connections.length).toBeLessThanOrEqual(before + 1);
  });

  it("I-E11 I7 have no idle connection left once they are out of the EndpointSlice", async () => {
    await using gone = await startEndpoint(answering("a"));
    await using other = await startEndpoint(answering("b"));
    await using proxy = await startProxy({ s: [gone.port, other.port] });
    using client = openClient(proxy.port);
    expect(await bodiesOf(client, 2)).toBe("ab");
    proxy.setEndpoints({ s: [other.port] });
    await until("the connection to be closed", () => gone.connections[0]!.closed);
    expect(proxy.engine.counters.openEndpointConnections).toBe(1);
    expect(other.connections[0]!.closed).toBe(false);
  });
});
