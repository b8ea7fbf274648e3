import { describe, expect, it } from "vitest";
import { engineByHand } from "#test/support/engine-by-hand.ts";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
/** Of a host without a rule: Hawser answers itself. */
const UNROUTED = "GET / HTTP/1.1\r\nHost: b.com\r\n\r\n";

/** A client whose memory counts for more than a second; what is sent to it next is more than the bound allows. */
function slowClient(firstBytes: string) {
  const proxy = engineByHand({ limits: { unsentBytes: 1_100 } });
  const client = proxy.accept();
  client.say(firstBytes);
  proxy.pass(1.5);
  client.connection.isReading = false;
  return { ...proxy, client, counters: proxy.engine.counters };
}

describe("a client that is given up for what is sent to it just now", () => {
  it("H11 has no tunnel, though the endpoint agreed to one", () => {
    const { client, endpoints, counters } = slowClient(`${UPGRADE}early`);
    endpoints[0]!.events.onConnect();
    endpoints[0]!.say(SWITCHING);
    expect([client.connection.ends, endpoints[0]!.connection.ends]).toEqual([["abort"], ["close"]]);
    expect([counters.openConnections, counters.openEndpointConnections]).toEqual([0, 0]);
    expect(counters.requests.reduce((sum, count) => sum + count)).toBe(1);
  });

  it.each([
    { name: "an answer of Hawser's own", rest: UNROUTED.slice(5) },
    { name: "why its head is refused", rest: "\r\n\r\n" },
  ])("H11 is counted once, with $name", ({ rest }) => {
    const { client, counters } = slowClient(UNROUTED.slice(0, 5));
    client.connection.queuedBytes = 5_000;
    client.say(rest);
    client.events.onClose(undefined);
    expect(client.connection.ends).toContain("abort");
    expect(counters.openConnections).toBe(0);
    expect(counters.requests.reduce((sum, count) => sum + count)).toBe(1);
  });
});
