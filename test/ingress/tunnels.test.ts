import { describe, expect, it } from "vitest";
import { engineByHand } from "#test/support/engine-by-hand.ts";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

/** A client and an endpoint that have changed the protocol. */
function openTunnel() {
  const looks: number[] = [];
  const { accept, endpoints, pass } = engineByHand({ looks });
  const client = accept();
  client.say(UPGRADE);
  const [endpoint] = endpoints;
  endpoint!.events.onConnect();
  endpoint!.say(SWITCHING);
  const ends = (): readonly string[] => [...client.connection.ends, ...endpoint!.connection.ends];
  return { client, ends, looks, pass };
}

describe("a tunnel", () => {
  it("I7 stays open where the endpoint has nothing to say to what the client sends; a dead node is looked for once", () => {
    const { client, ends, looks, pass } = openTunnel();
    client.say("a message without an answer");
    pass(10);
    expect([ends(), looks]).toEqual([[], [1_000]]);
  });

  it("is closed when neither side has sent anything for its time-out", () => {
    const { client, ends, pass } = openTunnel();
    client.say("the last message");
    pass(3_590);
    expect(ends()).toEqual([]);
    pass(20);
    expect(ends()).toEqual(["abort", "close"]);
  });
});
