import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { ask, openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";

/** What the client gets, without the lines that every answer has. */
async function pass(answer: string): Promise<string> {
  await using endpoint = await startEndpoint((socket) => void socket.end(Buffer.from(answer, "latin1")));
  await using proxy = await startProxy({ s: [endpoint.port] });
  const text = await ask(proxy.port, GET);
  const bodyStart = text.indexOf("\r\n\r\n");
  return text.slice(0, bodyStart).replace(/\r\n(?:Date|Server|Connection): .*/g, "") + text.slice(bodyStart);
}

describe("I13 an odd answer with one meaning is passed on, in strict form", () => {
  it.each([
    [
      "the same length twice",
      `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
      `${OK}Content-Length: 2\r\n\r\nok`,
    ],
    ["the same length in a list", `${OK}Content-Length: 2, 2\r\n\r\nok`, `${OK}Content-Length: 2\r\n\r\nok`],
    [
      "the same length in a list and alone",
      `${OK}Content-Length: 2,2\r\nContent-Length: 2\r\n\r\nok`,
      `${OK}Content-Length: 2\r\n\r\nok`,
    ],
    [
      "a length with chunks",
      `${OK}Content-Length: 99\r\n${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`,
      `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`,
    ],
    [
      "blanks after a chunk size",
      `${OK}${CHUNKED}\r\n2 \t\r\nok\r\n0  \r\n\r\n`,
      `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`,
    ],
    [
      "blanks before a chunk size",
      `${OK}${CHUNKED}\r\n  2\r\nok\r\n0\r\n\r\n`,
      `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`,
    ],
    [
      "blanks before a chunk extension",
      `${OK}${CHUNKED}\r\n2 ;a=b\r\nok\r\n0\r\n\r\n`,
      `${OK}${CHUNKED}\r\n2;a=b\r\nok\r\n0\r\n\r\n`,
    ],
    [
      "zeros before a chunk size",
      `${OK}${CHUNKED}\r\n000000000000000000002\r\nok\r\n0000\r\n\r\n`,
      `${OK}${CHUNKED}\r\n02\r\nok\r\n0\r\n\r\n`,
    ],
    ["chunk lines that end with LF", `${OK}${CHUNKED}\r\n2\nok\n0\n\n`, `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`],
    [
      "lines that end with LF",
      "HTTP/1.1 200 OK\nX: a\nContent-Length: 2\n\nok",
      `${OK}X: a\r\nContent-Length: 2\r\n\r\nok`,
    ],
    ["some lines that end with LF", `${OK}X: a\nContent-Length: 2\r\n\nok`, `${OK}X: a\r\nContent-Length: 2\r\n\r\nok`],
    [
      "blanks before a colon",
      `${OK}X  : a\r\nContent-Length\t: 2\r\n\r\nok`,
      `${OK}X: a\r\nContent-Length: 2\r\n\r\nok`,
    ],
    [
      "chunks in HTTP/1.0",
      `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`,
      `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`,
    ],
    [
      "status 600",
      "HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok",
    ],
    [
      "status 999",
      "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok",
    ],
    [
      "Connection with what is not a token",
      `${OK}Connection: "keep-alive"; timeout=(5), X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok`,
      `${OK}Content-Length: 2\r\n\r\nok`,
    ],
    [
      "trailers named Date and with _",
      `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\nDate: now\r\nx_sum: 1\r\n\r\n`,
      `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\nDate: now\r\nx_sum: 1\r\n\r\n`,
    ],
    [
      "trailers that mean framing or credentials, without them",
      `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\nX: 1\r\nContent-Length: 7\nset-cookie: a\r\nTransfer-Encoding: chunked\r\nY: 2\n\r\n`,
      `${OK}${CHUNKED}\r\n2\r\nok\r\n0\r\nX: 1\r\nY: 2\r\n\r\n`,
    ],
  ])("%s", async (_name, answer, expected) => {
    const sorted = (text: string) => {
      const [head = "", ...body] = text.split("\r\n\r\n");
      return [head.split("\r\n").sort().join("\n"), ...body];
    };
    expect(sorted(await pass(answer))).toEqual(sorted(expected));
  });

  it.each([
    ["a length with chunks", `${OK}Content-Length: 2\r\n${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`],
    ["chunks in HTTP/1.0", `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`],
    ["what is not a token in Connection", `${OK}Connection: keep-alive; x\r\nContent-Length: 2\r\n\r\nok`],
  ])("does not use the connection again after %s", async (_name, answer) => {
    await using endpoint = await startEndpoint((socket) => void socket.write(answer));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    for (const count of [1, 2]) {
      client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
      await client.until((got) => got.match(/ok/g)?.length === count);
    }
    expect(endpoint.connections).toHaveLength(2);
  });

  it.each([
    ["answer-length-unclear", `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`],
    ["answer-length-unclear", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ["answer-head-too-large", `${OK}X: ${"a".repeat(33_000)}\r\n\r\n`],
    ["answer-body-malformed", `${OK}${CHUNKED}\r\nzz\r\n`],
    ["answer-malformed", `${OK}X: a\r\n b\r\n\r\n`],
  ] as const)("what has no one meaning is refused: %s", async (reason, answer) => {
    await using endpoint = await startEndpoint((socket) => void socket.end(answer));
    await using proxy = await startProxy({ s: [endpoint.port] });
    expect(statusOf(await ask(proxy.port, GET))).toBe(502);
    expect(proxy.engine.counters.reasons[REASON_LIST.indexOf(reason)]).toBe(1);
  });
});

describe("H20 a client of HTTP/1.0", () => {
  const OLD = "GET / HTTP/1.0\r\nHost: a.com\r\n\r\n";
  it.each([
    ["at once", [`${OK}${CHUNKED}\r\nzz\r\n`]],
    ["after the head", [`${OK}${CHUNKED}\r\n`, "zz\r\n"]],
    ["within its line, after a large head", [`${OK}X: ${"a".repeat(5_000)}\r\n${CHUNKED}\r\n`, "5", " x", "\r\n"]],
  ])("gets 502 for a bad first chunk that comes %s", async (_name, pieces) => {
    await using endpoint = await startEndpoint((socket) => void writeSlowly(socket, pieces));
    await using proxy = await startProxy({ s: [endpoint.port] });
    expect(statusOf(await ask(proxy.port, OLD))).toBe(502);
  });

  it("gets the body as soon as its first size is there", async () => {
    const pieces = [`${OK}X: ${"a".repeat(5_000)}\r\n${CHUNKED}`, "\r\n", "2", "\r\n", "o", "k\r\n", "0\r\n\r\n"];
    await using endpoint = await startEndpoint((socket) => void writeSlowly(socket, pieces));
    await using proxy = await startProxy({ s: [endpoint.port] });
    const text = await ask(proxy.port, OLD);
    expect(statusOf(text)).toBe(200);
    expect(text.slice(text.indexOf("\r\n\r\n"))).toBe("\r\n\r\nok");
  });
});

/** Each piece in a packet of its own, as far as the kernel does not join them. */
async function writeSlowly(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    await setTimeout(5);
  }
}
