import { array, assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { Engine } from "#ingress/engine/engine.ts";
import type { Connection, ConnectionEvents } from "#ingress/io/connection.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const HEAD = "HTTP/1.1\r\nHost: a.com\r\nX-Request-ID: i\r\n";
const requests = [
  `GET /a ${HEAD}\r\n`,
  `GET /h ${HEAD}Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\n`,
  `POST /l ${HEAD}Content-Length: 11\r\n\r\nhello world`,
  `PUT /c ${HEAD}Transfer-Encoding: chunked\r\n\r\n5;x="y"\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX-Sum: 1\r\n\r\n`,
  `\r\nGET /e ${HEAD}\r\n`,
  `GET /o HTTP/1.1\r\nHost: other\r\n\r\n`,
  `GET /bad ${HEAD}X : y\r\n\r\n`,
];
const responses = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc",
  "HTTP/1.1 200 OK\nX: y\r\nTransfer-Encoding: chunked\n\n003 \nabc\n 0A\t;x=1\r\n0123456789\r\n000\n\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nDate: x\nCookie: c\r\na_b: 1\n\n",
  "HTTP/1.0 600 Odd\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\nConnection: a;b\r\n\r\nok",
];

/** A connection of memory: what was sent, and input in pieces that obeys `pause`. */
class MemoryConnection implements Connection {
  readonly remoteAddress = "192.0.2.1";
  readonly localPort = 80;
  readonly isSecure = false;
  readonly queuedBytes = 0;
  sent = "";
  ending = "";
  events: ConnectionEvents | undefined;
  #pieces: Buffer[] = [];
  #isPaused = false;

  /** Delivers as many pieces as it may. */
  deliver(pieces: readonly Buffer[] = []): void {
    this.#pieces.push(...pieces);
    while (!this.#isPaused && this.ending === "") {
      const piece = this.#pieces.shift();
      if (piece === undefined) return;
      // In the middle of a larger buffer that changes afterwards, as a shared one does.
      const shared = Buffer.concat([Buffer.from("GET "), piece, Buffer.from("\r\n\r\n")]);
      if (this.events?.onData(shared, 4, 4 + piece.length) !== true) shared.fill("#");
    }
  }
  send(buffer: Buffer, start: number, end: number): boolean {
    this.sent += buffer.toString("latin1", start, end);
    return true;
  }
  pause(): void {
    this.#isPaused = true;
  }
  resume(): void {
    this.#isPaused = false;
  }
  end(): boolean {
    this.ending ||= "end";
    return true;
  }
  finish(): void {
    this.ending ||= "end";
  }
  close(): void {
    this.ending ||= "close";
  }
  abort(): void {
    this.ending ||= "abort";
  }
}

/** Runs an exchange of bytes through the engine; endpoints answer when all the client sends is delivered. */
function run(requestPieces: readonly Buffer[], responsePieces: readonly (readonly Buffer[])[]) {
  const endpoints: MemoryConnection[] = [];
  const busy: MemoryConnection[] = [];
  const engine = new Engine({
    clockMs: () => 0,
    wallMs: () => 0,
    connect: () => (_, events) => {
      const endpoint = new MemoryConnection();
      endpoint.events = events;
      const { send } = endpoint;
      endpoint.send = (...bytes) => {
        if (!busy.includes(endpoint)) busy.push(endpoint);
        return send.apply(endpoint, bytes);
      };
      endpoints.push(endpoint);
      events.onConnect();
      return endpoint;
    },
  });
  const snapshot = { ingresses: [ingressOf("i", { "a.com": { "/": "s" } })], services: [serviceOf("s")] };
  engine.useRoutes(buildRoutes(routingSnapshot({ ...snapshot, slices: slicesOf("s", [1]) })));
  const client = new MemoryConnection();
  client.events = engine.accept(client);
  client.deliver(requestPieces);
  for (const pieces of responsePieces) {
    busy.shift()?.deliver(pieces);
    client.deliver();
  }
  return { client: client.sent, ending: client.ending, endpoints: endpoints.map(({ sent }) => sent) };
}

/** Cuts bytes at these places (taken modulo the length). */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  const cuts = [...new Set(places.map((place) => place % bytes.length))].sort((left, right) => left - right);
  return [0, ...cuts]
    .map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length))
    .filter(({ length }) => length > 0);
}

describe("the engine", () => {
  it("does the same however requests and responses are cut into packets", () => {
    const someCuts = array(integer({ min: 0, max: 4_000 }), { maxLength: 60 });
    assert(
      property(
        array(constantFrom(...requests), { minLength: 1, maxLength: 6 }),
        array(constantFrom(...responses), { minLength: 1, maxLength: 6 }),
        someCuts,
        someCuts,
        (asked, answers, requestCuts, responseCuts) => {
          const text = asked.join("");
          const whole = run(
            [Buffer.from(text, "latin1")],
            answers.map((answer) => [Buffer.from(answer, "latin1")]),
          );
          const inPieces = run(
            cut(text, requestCuts),
            answers.map((answer) => cut(answer, responseCuts)),
          );
          expect(inPieces).toEqual(whole);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("answers a malformed body alike however it is cut, and never completes it at the endpoint", () => {
    const text = `POST /bad ${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n`;
    assert(
      property(array(integer({ min: 0, max: 4_000 })), (cuts) => {
        const { client, ending, endpoints } = run(cut(text, cuts), []);
        expect(client).toMatch(/^HTTP\/1\.1 400 /);
        expect(ending).toBe("end");
        expect(endpoints.join("")).not.toContain("hello\r\n");
      }),
    );
  });

  it("does the same byte by byte", () => {
    const text = requests.slice(0, 6).join("");
    const bytewise = (bytes: string) => [...Buffer.from(bytes, "latin1")].map((byte) => Buffer.of(byte));
    const answers = [responses[0]!, responses[2]!, responses[1]!, responses[0]!, responses[1]!];
    const whole = run(
      [Buffer.from(text, "latin1")],
      answers.map((answer) => [Buffer.from(answer, "latin1")]),
    );
    expect(run(bytewise(text), answers.map(bytewise))).toEqual(whole);
    expect(whole.client.match(/HTTP\/1\.1 (?:200|304)/g)).toHaveLength(5);
    expect(whole.client.endsWith("404 Not Found\n")).toBe(true);
    expect(whole.endpoints).toHaveLength(1);
  });
});
