import { describe, expect, it } from "vitest";
import { maySendMore } from "#src/filters/answer-rate.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import { answering, ask, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const KIB = 1_024;

describe("maySendMore()", () => {
  const rate = { bytesPerSecond: 100, uncountedBytes: 50 };
  it.each([
    { sentBytes: 149, elapsedMs: 0, expected: true },
    { sentBytes: 150, elapsedMs: 0, expected: false },
    { sentBytes: 150, elapsedMs: 999, expected: false },
    { sentBytes: 150, elapsedMs: 1_000, expected: true },
    { sentBytes: 1_149, elapsedMs: 10_000, expected: true },
    { sentBytes: 1_150, elapsedMs: 10_000, expected: false },
  ])("D after $sentBytes bytes in $elapsedMs ms: $expected", ({ expected, ...sent }) => {
    expect(maySendMore(rate, sent)).toBe(expected);
  });
});

/** An answer of 64 KiB parts under way, at the rate of these annotations; the client has its head. */
function startAnswer(annotations: Readonly<Record<string, string>>, limits = {}) {
  const hand = engineByHand({ ingresses: [annotatedIngress(annotations)], limits });
  const client = hand.accept();
  client.say(GET);
  const endpoint = hand.endpoints[0]!;
  endpoint.events.onConnect();
  endpoint.say(`HTTP/1.1 200 OK\r\nContent-Length: ${640 * KIB}\r\n\r\n`);
  const part = "x".repeat(64 * KIB);
  let left = 10;
  return {
    ...hand,
    client,
    endpoint,
    /** Lets the endpoint send parts, as many as are read. */
    sendParts(most: number): number {
      let count = 0;
      for (; count < Math.min(most, left) && !endpoint.connection.isPaused; count++) endpoint.say(part);
      left -= count;
      return count;
    },
  };
}

describe("limit-rate", () => {
  it.each([
    { annotations: { "limit-rate": "64" }, seconds: [1, 1, 1, 1, 1] },
    { annotations: { "limit-rate": "128" }, seconds: [2, 2, 2, 2, 2, 0] },
    { annotations: { "limit-rate": "32" }, seconds: [1, 0, 1, 0, 1] },
    { annotations: { "limit-rate": "64", "limit-rate-after": "256" }, seconds: [5, 1, 1, 1, 1] },
    { annotations: { "limit-rate": "0" }, seconds: [10] },
    { annotations: { "limit-rate": "fast" }, seconds: [10] },
    { annotations: { "limit-rate-after": "1" }, seconds: [10] },
  ])("D $annotations reads so many parts of 64 KiB from the endpoint in a second: $seconds", (given) => {
    const answer = startAnswer(given.annotations);
    const parts: number[] = [];
    for (let second = 0; second < given.seconds.length; second++) {
      parts.push(answer.sendParts(10));
      answer.pass(1);
    }
    expect(parts).toEqual(given.seconds);
  });

  it("D waits as long as the rate says, however long that is, and keeps the connection for the next request", () => {
    const answer = startAnswer({ "limit-rate": "1" }, { clientGapMs: 5_000, endpointGapMs: 5_000 });
    expect(answer.sendParts(2)).toBe(1);
    answer.pass(60);
    expect([answer.client.connection.ends, answer.endpoint.connection.isPaused]).toEqual([[], true]);
    answer.pass(4);
    expect(answer.sendParts(2)).toBe(1);
    for (let part = 2; part < 10; part++) {
      answer.pass(64);
      answer.sendParts(1);
    }
    expect(answer.client.connection.sent.length).toBeGreaterThan(640 * KIB);
    answer.client.say(GET);
    expect(answer.endpoint.connection.sent.split("GET / ")).toHaveLength(3);
    expect(answer.endpoint.connection.isPaused).toBe(false);
    expect(answer.client.connection.ends).toEqual([]);
  });

  it("D does not read on for a client that does not take what was sent", () => {
    const answer = startAnswer({ "limit-rate": "64" });
    answer.client.connection.isReading = false;
    answer.sendParts(1);
    answer.pass(3);
    expect(answer.endpoint.connection.isPaused).toBe(true);
    answer.client.connection.isReading = true;
    answer.client.connection.queuedBytes = 0;
    answer.client.events.onDrain();
    expect(answer.endpoint.connection.isPaused).toBe(false);
  });

  it("D still gives up an endpoint that sends nothing where it may", () => {
    const answer = startAnswer({ "limit-rate": "64" }, { endpointGapMs: 5_000 });
    answer.sendParts(1);
    answer.pass(4);
    expect(answer.client.connection.ends).toEqual([]);
    answer.pass(5);
    expect(answer.client.connection.ends).toEqual(["abort"]);
  });

  it("D sends small answers at once", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [annotatedIngress({ "limit-rate": "1" })] },
    );
    expect(await ask(proxy.port, GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))).toContain("page");
  });
});
