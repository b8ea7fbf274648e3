import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { listen, okWith, startProxy } from "#test/support/ingress-proxy.ts";

const HEAD = "HTTP/1.1\r\nHost: a.com\r\n";
const LARGE = "z".repeat(200_000);
const requests = [
  `GET / ${HEAD}\r\n`,
  `HEAD / ${HEAD}Connection: x, close\r\n\r\n`,
  `POST / ${HEAD}Content-Length: 11\r\n\r\nhello world`,
  `PUT / ${HEAD}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX-Sum: 1\r\n\r\n`,
  `POST / ${HEAD}Expect: 100-continue\r\nContent-Length: ${LARGE.length}\r\n\r\n${LARGE}`,
  `GET / ${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes of a tunnel`,
  "GET http://a.com/x?y HTTP/1.1\r\nHost: b\r\n\r\n",
  "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
];
const responses = [
  okWith("hello"),
  okWith(LARGE),
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n",
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${LARGE.length.toString(16)}\r\n${LARGE}\r\n0\r\n\r\n`,
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n",
  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello",
  "HTTP/1.0 200 OK\r\n\r\nuntil close",
  "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n03 \nabc\r\n00\nDate: x\nHost: y\n\n",
];
const splinters = [
  "\r\n",
  "\n",
  "\0",
  ":",
  " ",
  "Content-Length: 1\r\n",
  "\r\n\r\n",
  "0\r\n\r\n",
  "ffffffffffffff\r\n",
];

/** Numbers from 0 to below `bound`, the same in each run (a linear congruential generator). */
function createRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe("the engine between real sockets", () => {
  it("survives what clients and endpoints may do, and is left with nothing open", async () => {
    const random = createRandom(20_261_121);
    const oneOf = <T>(list: readonly T[]): T => list[random(list.length)]!;

    /** Valid in half of the cases, else with a byte changed, bytes left out, put in, or cut off. */
    function mutate(text: string): Buffer {
      const bytes = Buffer.from(text, "latin1");
      const at = random(bytes.length);
      const tail = bytes.subarray(at);
      const edits = [
        () => Buffer.concat([bytes.subarray(0, at), Buffer.of(random(256)), tail.subarray(1)]),
        () => Buffer.concat([bytes.subarray(0, at), tail.subarray(random(20))]),
        () => Buffer.concat([bytes.subarray(0, at), Buffer.from(oneOf(splinters)), tail]),
        () => bytes.subarray(0, at),
      ];
      return random(2) === 0 ? bytes : oneOf(edits)();
    }

    /** Sends in pieces of any size, and then perhaps ends or breaks off. */
    function play(socket: Socket, bytes: Buffer): void {
      let at = 0;
      const sendPiece = () => {
        if (socket.destroyed || socket.writableEnded) return;
        const length = 1 + random(random(3) === 0 ? 20 : 100_000);
        socket.write(bytes.subarray(at, at + length));
        at += length;
        if (at < bytes.length) setImmediate(sendPiece);
        else oneOf([() => undefined, () => undefined, () => socket.end(), () => socket.resetAndDestroy()])();
      };
      sendPiece();
    }

    const servers = [0, 1].map(() =>
      createServer((socket) => {
        socket.on("error", () => undefined).on("data", () => play(socket, mutate(oneOf(responses))));
      }),
    );
    const limit = 200;
    const limits = { headMs: limit, keepAliveMs: limit, clientGapMs: limit, connectMs: limit, endpointGapMs: limit };
    await using proxy = await startProxy(
      { s: await Promise.all(servers.map(listen)) },
      {
        ingresses: [ingressOf("i", { "a.com": { "/": "s" }, "": { "/": "s" } })],
        limits: { ...limits, tunnelIdleMs: limit, lingerMs: limit, endpointIdleMs: limit },
      },
    );
    const runOne = async (): Promise<void> => {
      const socket = connect({ host: "127.0.0.1", port: proxy.port });
      const closed = new Promise<void>((resolve) => socket.on("error", () => undefined).on("close", () => resolve()));
      socket.resume();
      play(socket, Buffer.concat(Array.from({ length: 1 + random(4) }, () => mutate(oneOf(requests)))));
      await closed;
    };
    const runMany = async (): Promise<void> => {
      for (let count = 0; count < 15; count++) await runOne();
    };
    await Promise.all(Array.from({ length: 60 }, runMany));
    const { counters } = proxy.engine;
    await until("all to be closed", () => counters.openConnections + counters.openEndpointConnections === 0);
    expect(counters.connections + proxy.gate.vanished).toBe(900);
    // It was no fuzz if nothing went well, or nothing was refused.
    expect(Math.min(counters.requests[2]!, counters.requests[4]!, counters.requests[5]!)).toBeGreaterThan(20);
    for (const server of servers) server.close();
  });
});
