import { describe, expect, it, vi } from "vitest";
import { Engine } from "#ingress/engine/engine.ts";
import type { Connection, ConnectionEvents } from "#ingress/io/connection.ts";
import { answering, openClient, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

/** A client of memory that counts the answers it got. */
class CountingClient implements Connection {
  readonly remoteAddress = "192.0.2.1";
  readonly localPort = 80;
  readonly isSecure = false;
  readonly queuedBytes = 0;
  answers = 0;
  events: ConnectionEvents | undefined;
  send(): boolean {
    this.answers += 1;
    return true;
  }
  pause(): void {}
  resume(): void {}
  end(): boolean {
    return true;
  }
  finish(): void {}
  close(): void {}
  abort(): void {}
}

/** An engine without routes, which answers 404, whose turns are made by hand. */
function startEngine() {
  const scheduled: (() => void)[] = [];
  const engine = new Engine({
    connect: () => () => expect.unreachable("nothing is forwarded"),
    clockMs: () => 0,
    wallMs: () => 0,
    soon: (run) => scheduled.push(run),
  });
  const connect = () => {
    const client = new CountingClient();
    client.events = engine.accept(client);
    return client;
  };
  const turn = () => scheduled.splice(0).forEach((run) => run());
  return { connect, turn, isWaiting: () => scheduled.length > 0 };
}

const REQUEST = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const COUNT = 2_000;
const PIPELINE = Buffer.from(REQUEST.repeat(COUNT));

describe("a client that sends many requests at once", () => {
  it("H9 gets a few answers in each turn, all in the end, and no request is copied for each answer", () => {
    const { connect, turn, isWaiting } = startEngine();
    const client = connect();
    const copy = vi.spyOn(Buffer.prototype, "copy");
    client.events?.onData(PIPELINE, 0, PIPELINE.length);
    expect(client.answers).toBeLessThanOrEqual(16);
    let most = 0;
    while (isWaiting()) {
      const before = client.answers;
      turn();
      most = Math.max(most, client.answers - before);
    }
    const copied = copy.mock.calls.reduce((sum, call) => sum + Number(call[3]) - Number(call[2]), 0);
    copy.mockRestore();
    expect(client.answers).toBe(COUNT);
    expect(most).toBeLessThanOrEqual(16);
    expect(copied).toBeLessThanOrEqual(2 * PIPELINE.length);
  });

  it("H9 leaves others their turn: of 20 such clients a bounded number of requests is answered before another's one", () => {
    const { connect, turn, isWaiting } = startEngine();
    const attackers = Array.from({ length: 20 }, connect);
    const answered = () => attackers.reduce((sum, { answers }) => sum + answers, 0);
    for (const attacker of attackers) attacker.events?.onData(PIPELINE, 0, PIPELINE.length);
    const other = connect();
    for (let count = 0; count < 50; count++) {
      const before = answered();
      turn();
      // What an event of the other's would wait for.
      expect(answered() - before).toBeLessThanOrEqual(64);
      other.events?.onData(Buffer.from(REQUEST), 0, REQUEST.length);
      expect(other.answers).toBe(count + 1);
    }
    const fewest = Math.min(...attackers.map(({ answers }) => answers));
    expect(fewest).toBeGreaterThan(8);
    while (isWaiting()) turn();
    expect(answered()).toBe(20 * COUNT);
  });

  it("H9 gets the answers of endpoints in order, with bodies in between", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      for (const [, path = ""] of text.matchAll(/ \/(\d+) HTTP/g)) answering(`<${path}>`)(socket, "\r\n\r\n");
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    const requests = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0
        ? `POST /${index} HTTP/1.1\r\nHost: a.com\r\nContent-Length: 5\r\n\r\nhello`
        : `GET /${index} HTTP/1.1\r\nHost: ${index % 3 === 1 ? "a.com" : "none.com"}\r\n\r\n`,
    );
    client.send(requests.join(""));
    const text = await client.until((bytes) => bytes.split("HTTP/1.1 404").length > 100 && bytes.includes("<298>"));
    const bodies = [...text.matchAll(/<(\d+)>/g)].map(([, index]) => Number(index));
    expect(bodies).toEqual(requests.map((_, index) => index).filter((index) => index % 3 !== 2));
  });
});
