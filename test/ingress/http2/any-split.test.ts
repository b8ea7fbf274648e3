import { array, assert, constantFrom, integer, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { Flag, FrameType } from "#src/http2/frame-head.ts";
import { Setting, settingsFrame } from "#src/http2/settings.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { Engine } from "#ingress/engine/engine.ts";
import { data, GET, headers, http2Record } from "#test/support/http2-client.ts";
import { block, type Fields, frame, numbers, PREFACE } from "#test/support/http2-frames.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { cut, MemoryConnection } from "#test/support/memory-connection.ts";

const withPath = (path: string, ...more: Fields): Fields => [
  ...GET.map(([name, value]) => (name === ":path" ? ([name, path] as const) : ([name, value] as const))),
  ["x-request-id", "i"],
  ...more,
];
const post = (path: string, length: number): Fields =>
  withPath(path, ["content-length", String(length)]).map(([name, value]) =>
    name === ":method" ? ([name, "POST"] as const) : ([name, value] as const),
  );

/** What a client may do on a stream, and between streams. */
const parts: readonly ((stream: number) => Buffer)[] = [
  (stream) => headers(stream, withPath("/a")),
  (stream) => {
    const all = block(withPath("/split", ["x-long", "v".repeat(300)]));
    return Buffer.concat([
      frame(FrameType.Headers, Flag.EndStream, stream, all.subarray(0, 20)),
      frame(FrameType.Continuation, 0, stream, all.subarray(20, 21)),
      frame(FrameType.Continuation, Flag.EndHeaders, stream, all.subarray(21)),
    ]);
  },
  (stream) =>
    Buffer.concat([
      headers(stream, post("/body", 11), 0),
      data(stream, "hello ", 0),
      numbers(FrameType.WindowUpdate, 0, 100),
      data(stream, "world"),
    ]),
  (stream) => Buffer.concat([headers(stream, withPath("/reset"), 0), numbers(FrameType.RstStream, stream, 8)]),
  (stream) => Buffer.concat([headers(stream, [...withPath("/bad"), ["X-Upper", "y"]])]),
  (stream) => Buffer.concat([frame(FrameType.Ping, 0, 0, "12345678"), headers(stream, withPath("/ping"))]),
  (stream) =>
    Buffer.concat([settingsFrame([[Setting.InitialWindowSize, 70_000]]), headers(stream, withPath("/settings"))]),
  // Of a type that nobody knows: passed over.
  (stream) => Buffer.concat([frame(0x77, 0xff, stream, "anything"), headers(stream, withPath("/unknown"))]),
  (stream) => Buffer.concat([headers(stream, post("/short", 5), 0), data(stream, "four")]),
];
const answers = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc",
];

function conversation(of: readonly (typeof parts)[number][]): Buffer {
  const streams = of.map((part, index) => part(2 * index + 1));
  return Buffer.concat([Buffer.from(PREFACE), frame(FrameType.Settings, 0, 0), ...streams]);
}

/** Made for a request that has none. */
const MADE_ID = /X-Request-ID: [0-9a-f]{32}/;

/** Runs what a client sends through the engine; endpoints answer when all of it is delivered. What then was said, in an order that does not depend on packets. */
function run(requestPieces: readonly Buffer[], answerPieces: readonly (readonly Buffer[])[]) {
  const endpoints: MemoryConnection[] = [];
  const later: (() => void)[] = [];
  const runLater = (): void => {
    for (let next = later.shift(); next !== undefined; next = later.shift()) next();
  };
  const engine = new Engine({
    clockMs: () => 0,
    wallMs: () => 0,
    soon: (run) => later.push(run),
    connect: () => (_, events) => {
      const endpoint = new MemoryConnection();
      endpoint.events = events;
      endpoints.push(endpoint);
      events.onConnect();
      return endpoint;
    },
  });
  const snapshot = { ingresses: [ingressOf("i", { "a.com": { "/": "s" } })], services: [serviceOf("s")] };
  engine.useRoutes(buildRoutes(routingSnapshot({ ...snapshot, slices: slicesOf("s", [1]) })));
  const client = new MemoryConnection("h2");
  client.events = engine.accept(client);
  client.deliver(requestPieces);
  runLater();
  for (const [index, pieces] of answerPieces.entries()) {
    endpoints[index]?.deliver(pieces);
    client.deliver();
    runLater();
  }
  const said = http2Record();
  said.read(Buffer.from(client.sent, "latin1"));
  const { ending } = client;
  // Of a body that is broken off the endpoint has as much as came before: that depends on packets.
  const asked = endpoints.map(({ sent, ending }) => (ending === "" ? sent : sent.slice(0, sent.indexOf("\r\n\r\n"))));
  engine.close();
  runLater();
  const streams = [...said.streams].map(([id, { heads, data: body, isEnded, reset }]) => ({
    id,
    heads,
    body,
    isEnded,
    reset,
  }));
  const sorted = streams.toSorted((left, right) => left.id - right.id);
  return {
    streams: sorted,
    goAways: said.goAways,
    pings: said.count(FrameType.Ping),
    ending,
    asked: asked.map((one) => one.replace(MADE_ID, "")),
  };
}

const someCuts = array(integer({ min: 0, max: 4_000 }), { maxLength: 40 });
const someAnswers = array(constantFrom(...answers), { minLength: 1, maxLength: 5 });
const asBytes = (text: string): Buffer => Buffer.from(text, "latin1");

describe("a session of HTTP/2", () => {
  it("H does the same however requests and answers are cut into packets", () => {
    assert(
      property(
        array(constantFrom(...parts), { minLength: 1, maxLength: 5 }),
        someAnswers,
        someCuts,
        someCuts,
        (of, answered, requestCuts, answerCuts) => {
          const bytes = conversation(of);
          const whole = run(
            [bytes],
            answered.map((one) => [asBytes(one)]),
          );
          const inPieces = run(
            cut(bytes, requestCuts),
            answered.map((one) => cut(asBytes(one), answerCuts)),
          );
          expect(inPieces).toEqual(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("H does the same byte by byte, and answers each stream", () => {
    const bytewise = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.of(byte));
    const bytes = conversation([parts[0]!, parts[1]!, parts[2]!, parts[5]!, parts[7]!]);
    const answered = Array.from({ length: 5 }, () => asBytes(answers[1]!));
    const whole = run(
      [bytes],
      answered.map((one) => [one]),
    );
    expect(run(bytewise(bytes), answered.map(bytewise))).toEqual(whole);
    expect(whole.streams.map(({ id, body, isEnded }) => [id, body, isEnded])).toEqual(
      [1, 3, 5, 7, 9].map((id) => [id, "abc0123456789", true]),
    );
    expect(whole.asked.map((one) => one.split(" ")[1])).toEqual(["/a", "/split", "/body", "/ping", "/unknown"]);
  });

  it("H does the same however it is cut where bytes of it are others, and never throws", () => {
    const change = record({ at: integer({ min: 0, max: 4_000 }), bytes: uint8Array({ minLength: 1, maxLength: 3 }) });
    assert(
      property(
        array(constantFrom(...parts), { minLength: 1, maxLength: 4 }),
        array(change, { minLength: 1, maxLength: 4 }),
        someCuts,
        (of, changes, cuts) => {
          const bytes = conversation(of);
          for (const { at, bytes: others } of changes)
            bytes.set(others.subarray(0, bytes.length - (at % bytes.length)), at % bytes.length);
          const answered = [[asBytes(answers[0]!)], [asBytes(answers[0]!)]];
          expect(run(cut(bytes, cuts), answered)).toEqual(run([bytes], answered));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
