import { describe, expect, it } from "vitest";
import { engineByHand } from "#test/support/engine-by-hand.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/** As large as the buffers of the pool. */
const POOL_BUFFER_BYTES = 65_536;

describe("bytes of a client that wait for their turn", () => {
  it("stay as they came, though the request before them was in the same memory and is done with it", () => {
    const { engine, accept, endpoints } = engineByHand();
    const client = accept();
    const head = "POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 50000\r\n\r\n";
    const [first, rest] = [head.slice(0, 20), head.slice(20)];
    const body = "x".repeat(50_000);
    const next = "GET /next HTTP/1.1\r\nHost: a.com\r\nX: ";
    const filler = "y".repeat(POOL_BUFFER_BYTES - head.length - body.length - next.length - 4);
    client.say(first);
    client.say(`${rest}${body}${next}${filler}\r\n\r\n`);
    const [endpoint] = endpoints;
    endpoint!.events.onConnect();
    // What other connections read into.
    for (let count = 0; count < 4; count++) engine.buffers.take().fill("0");
    endpoint!.say(OK);
    expect(endpoint!.connection.sent).toContain(`GET /next HTTP/1.1\r\nHost: a.com\r\nX: ${filler}\r\n`);
  });
});
