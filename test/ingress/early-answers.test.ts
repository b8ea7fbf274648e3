import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const POST = "POST / HTTP/1.1\r\nHost: a.com\r\n";
const TOO_LARGE = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge";
const UPLOAD_BYTES = 8_388_608;

/** Answers at the first bytes and closes with the rest unread: the kernel sends a reset behind the answer. */
function answerEarly(socket: Socket): void {
  socket.removeAllListeners("data");
  socket.pause();
  socket.write(TOO_LARGE, () => socket.destroy());
}

describe("I6 H18 an answer before the end of the upload", () => {
  it.each(["Content-Length: 8388608", "Transfer-Encoding: chunked"])("reaches the client, %s", async (framing) => {
    await using endpoint = await startEndpoint(answerEarly);
    await using proxy = await startProxy({ s: [endpoint.port] });
    const statuses: number[] = [];
    for (let round = 0; round < 15; round++) {
      using client = openClient(proxy.port);
      client.send(`${POST}${framing}\r\n\r\n${framing.endsWith("chunked") ? "800000\r\n" : ""}`);
      // Once the endpoint has answered, writes to it fail: each of these may be the one.
      for (let sent = 0; sent < UPLOAD_BYTES; sent += 65_536) client.socket.write(Buffer.alloc(65_536));
      statuses.push(statusOf(await client.until((text) => text.includes("large") || text.startsWith("HTTP/1.1 5"))));
    }
    expect(statuses).toEqual(Array.from({ length: 15 }, () => 413));
    expect(proxy.engine.counters.openEndpointConnections).toBe(0);
  });

  it("is no answer for the next request: the connection is not used again", async () => {
    await using endpoint = await startEndpoint((socket) => {
      socket.removeAllListeners("data");
      socket.pause();
      socket.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", () => socket.destroy());
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    for (let round = 0; round < 5; round++) {
      using client = openClient(proxy.port);
      client.send(`${POST}Content-Length: 1000000\r\n\r\n`);
      for (let sent = 0; sent < 1_000_000; sent += 50_000) client.socket.write(Buffer.alloc(50_000));
      expect(statusOf(await client.until((text) => text.endsWith("no") || text.includes("502")))).toBe(401);
    }
  });
});
