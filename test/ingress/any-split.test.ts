import { array, assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { Engine } from "#ingress/engine/engine.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { cut, MemoryConnection } from "#test/support/memory-connection.ts";

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
            cut(Buffer.from(text, "latin1"), requestCuts),
            answers.map((answer) => cut(Buffer.from(answer, "latin1"), responseCuts)),
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
        const { client, ending, endpoints } = run(cut(Buffer.from(text, "latin1"), cuts), []);
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
