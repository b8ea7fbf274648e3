import { describe, expect, it } from "vitest";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, closedPort, startProxy, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";

const CLOSING = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";

/** Closes each connection when a request has come. */
const failing = (socket: { destroy(): unknown }): unknown => socket.destroy();

describe("requests to a backend that fails as a whole", () => {
  it("G are sent again a thousand times and then a fifth of them, and those to another backend as before", async () => {
    await using one = await startEndpoint(failing);
    await using two = await startEndpoint(failing);
    await using good = await startEndpoint(answering("ok"));
    const ingresses = [ingressOf("i", { "a.com": { "/": "s", "/other": "t" } })];
    const services = { s: [one.port, two.port], t: [good.port, await closedPort()] };
    await using proxy = await startProxy(services, { ingresses });
    const { counters } = proxy.engine;
    let asked = 0;
    const ask200 = async (): Promise<void> => {
      asked += 200;
      await Promise.all(Array.from({ length: 200 }, () => ask(proxy.port, CLOSING)));
    };
    while (counters.retriesDenied === 0) await ask200();
    // 10 a second are added, too.
    const before = { asked, retries: counters.retries, ms: performance.now() };
    for (let round = 0; round < 5; round++) await ask200();
    const allowed = 0.2 * (asked - before.asked) + (10 * (performance.now() - before.ms)) / 1_000;
    expect(counters.retries - before.retries).toBeLessThanOrEqual(allowed + 2);
    expect(before.retries).toBeGreaterThanOrEqual(1_000);
    // The endpoints see as many as were asked and sent again.
    const seen = [one, two].map((endpoint) => endpoint.received().split(" HTTP/1.1\r\n").length - 1);
    expect(seen[0]! + seen[1]!).toBe(asked + counters.retries);
    expect(counters.requests[5]).toBe(asked);
    const others = Array.from({ length: 20 }, () => ask(proxy.port, CLOSING.replace("/ ", "/other ")));
    expect(new Set((await Promise.all(others)).map(statusOf))).toEqual(new Set([200]));
  });
});

describe("a request whose endpoint refuses the connection", () => {
  it("is tried at another endpoint, whatever other requests do meanwhile", async () => {
    await using good = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [await closedPort(), good.port] });
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(proxy.port, CLOSING)));
    expect(new Set(answers.map(statusOf))).toEqual(new Set([200]));
    expect(proxy.engine.counters.retries).toBeGreaterThan(0);
  });
});
