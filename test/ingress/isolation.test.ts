import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { okWith, openClient, standsStill, startProxy, startEndpoint } from "#test/support/ingress-proxy.ts";

const MEGABYTE = 1_048_576;

describe("connections to endpoints share what they read into, and so", () => {
  it("a client that does not read neither gets nor spoils the bytes of another", async () => {
    const large = Buffer.alloc(16 * MEGABYTE, "L");
    await using slow = await startEndpoint((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${large.length}\r\n\r\n`);
      socket.write(large);
    });
    const small = "s".repeat(1_000);
    await using quick = await startEndpoint((socket) => socket.write(okWith(small)));
    const ingresses = [ingressOf("i", { "slow.com": { "/": "slow" }, "quick.com": { "/": "quick" } })];
    await using proxy = await startProxy({ slow: [slow.port], quick: [quick.port] }, { ingresses });
    using quickClient = openClient(proxy.port);
    const getQuick = async (count: number): Promise<string> => {
      quickClient.send("GET / HTTP/1.1\r\nHost: quick.com\r\n\r\n");
      const text = await quickClient.until((got) => got.length > 0 && got.match(/\r\n\r\n/g)?.length === count);
      return text.slice(text.lastIndexOf("\r\n\r\n") + 4);
    };
    // The connection to the quick endpoint is open and idle when the slow client's bytes are kept.
    expect(await getQuick(1)).toBe(small);
    using slowClient = openClient(proxy.port);
    slowClient.socket.pause();
    slowClient.send("GET / HTTP/1.1\r\nHost: slow.com\r\n\r\n");
    await until("the slow endpoint to be asked", () => slow.connections.length === 1);
    const [socket] = slow.connections;
    await until(
      "the slow endpoint to be stopped",
      standsStill(() => (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0)),
    );
    expect(await getQuick(2)).toBe(small);
    expect(quick.connections).toHaveLength(1);
    slowClient.socket.resume();
    const text = await slowClient.until((got) => got.length >= large.length + 40);
    expect(text.slice(text.indexOf("\r\n\r\n") + 4).replaceAll("L", "")).toBe("");
  });
});
