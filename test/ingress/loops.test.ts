import { describe, expect, it } from "vitest";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { ask, okWith, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const get = (lines = "") => `GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n${lines}\r\n`;

describe("H5 a request that goes in a circle", () => {
  it("is answered 508 after few rounds, with its reason", async () => {
    await using proxy = await startProxy({ s: [] });
    proxy.setEndpoints({ s: [proxy.port] });
    expect(statusOf(await ask(proxy.port, get()))).toBe(508);
    const { counters } = proxy.engine;
    expect(counters.reasons[REASON_LIST.indexOf("loop")]).toBe(1);
    expect(counters.connections).toBeLessThan(12);
  });

  it("is found also where a client claims fewer rounds, or none, in any way", async () => {
    await using proxy = await startProxy({ s: [] });
    proxy.setEndpoints({ s: [proxy.port] });
    const claims = [
      "X-Hawser-Hops: 0\r\n",
      "X-Hawser-Hops: -9\r\n",
      "Connection: X-Hawser-Hops\r\n",
      "X-Hawser-Hops: x\r\n",
    ];
    for (const claim of claims) expect(statusOf(await ask(proxy.port, get(claim)))).toBe(508);
    expect(proxy.engine.counters.connections).toBeLessThan(60);
  });

  it("is not one that several proxies forward in turn", async () => {
    await using endpoint = await startEndpoint((socket) => void socket.write(okWith("ok")));
    await using last = await startProxy({ s: [endpoint.port] });
    await using middle = await startProxy({ s: [last.port] });
    await using first = await startProxy({ s: [middle.port] });
    expect(statusOf(await ask(first.port, get("x_hawser_hops: 7\r\n")))).toBe(200);
    expect(endpoint.received().match(/hops.*/gi)).toEqual(["Hops: 3"]);
  });
});
