import { describe, expect, it } from "vitest";
import { answering, ask, closedPort, startProxy, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";

const CLOSING = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";

describe("a request whose endpoint refuses the connection", () => {
  it("is tried at another endpoint, whatever other requests do meanwhile", async () => {
    await using good = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [await closedPort(), good.port] });
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(proxy.port, CLOSING)));
    expect(new Set(answers.map(statusOf))).toEqual(new Set([200]));
    expect(proxy.engine.counters.retries).toBeGreaterThan(0);
  });
});
