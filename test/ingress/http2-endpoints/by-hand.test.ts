import { describe, expect, it } from "vitest";
import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, FrameType } from "#src/http2/frame-head.ts";
import { Setting, settingsFrame } from "#src/http2/settings.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import { frame, numbers, PREFACE } from "#test/support/http2-frames.ts";
import { data, framesOf, headers } from "#test/support/scripted-http2.ts";

const OK = [":status", "200"] as const;
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";

/** A proxy in front of one endpoint of HTTP/2 that has sent these settings. */
function connected(settings: readonly (readonly [number, number])[] = []) {
  const proxy = engineByHand({
    ingresses: [annotatedIngress({ "backend-protocol": "GRPC" })],
    limits: { endpointGapMs: 600_000 },
    isPlainHttp2On: true,
  });
  const speak = () => proxy.endpoints.at(-1)!.say(Buffer.from(settingsFrame(settings)).toString("latin1"));
  const open = () => {
    proxy.endpoints.at(-1)!.events.onConnect();
    speak();
  };
  const say = (...frames: readonly Uint8Array[]) =>
    proxy.endpoints.at(-1)!.say(Buffer.concat(frames).toString("latin1"));
  /** Frames to the endpoint of this type. */
  const sent = (type: number) => framesOf(proxy.endpoints.at(-1)!.connection.sent).filter((one) => one.type === type);
  return { ...proxy, speak, open, say, sent };
}

describe("a connection to an endpoint of HTTP/2", () => {
  it("begins with the preface and settings, and no request before the endpoint has sent its own", () => {
    const { accept, endpoints, speak, sent } = connected();
    accept().say(GET);
    endpoints[0]!.events.onConnect();
    expect(endpoints[0]!.connection.sent.startsWith(PREFACE)).toBe(true);
    expect(sent(FrameType.Headers)).toEqual([]);
    speak();
    expect(sent(FrameType.Headers).map(({ stream }) => stream)).toEqual([1]);
  });

  it("sends no more of a body than the windows take, of the stream and of the connection", () => {
    const { accept, open, say, sent } = connected([[Setting.InitialWindowSize, 10]]);
    const client = accept();
    const bytes = () => sent(FrameType.Data).reduce((sum, { payload }) => sum + payload.length, 0);
    client.say("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 80000\r\n\r\n");
    open();
    client.say("a".repeat(80_000));
    expect(bytes()).toBe(10);
    expect(client.connection.isPaused).toBe(true);
    say(numbers(FrameType.WindowUpdate, 1, 5));
    expect(bytes()).toBe(15);
    say(Buffer.from(settingsFrame([[Setting.InitialWindowSize, 8]])));
    say(numbers(FrameType.WindowUpdate, 1, 2));
    expect(bytes()).toBe(15);
    say(numbers(FrameType.WindowUpdate, 1, 100_000));
    expect(bytes()).toBe(65_535);
    say(numbers(FrameType.WindowUpdate, 0, 100_000));
    expect(bytes()).toBe(80_000);
    expect(sent(FrameType.Data).at(-1)!.flags).toBe(1);
    expect(client.connection.isPaused).toBe(false);
  });

  it("keeps to the window of the connection where a client has more at once when it may go on", () => {
    const { accept, open, say, sent } = connected([[Setting.InitialWindowSize, 1_000_000]]);
    const client = accept();
    const bytes = () => sent(FrameType.Data).reduce((sum, { payload }) => sum + payload.length, 0);
    const give = (...frames: readonly Uint8Array[]) => client.say(Buffer.concat(frames).toString("latin1"));
    const parts = (count: number) => Array.from({ length: count }, () => data(1, "a".repeat(16_384)));
    const post = [":method", ":scheme", ":path", ":authority"].map(
      (name, index) => [name, ["POST", "http", "/", "a.com"][index]!] as const,
    );
    give(Buffer.from(PREFACE), settingsFrame([]), headers(1, post));
    open();
    give(...parts(6));
    // Behind what the windows take: it waits in the proxy.
    give(...parts(2));
    expect(bytes()).toBe(65_535);
    let most = 65_535;
    for (const more of [10_000, 22_869, 100, 1, 40_000]) {
      most += more;
      say(numbers(FrameType.WindowUpdate, 0, more));
      expect(bytes()).toBe(Math.min(most, 8 * 16_384));
    }
  });

  it.each([
    { name: "an end", last: "0\r\n\r\n", type: FrameType.Data },
    { name: "trailers", last: "0\r\nX-Sum: 1\r\n\r\n", type: FrameType.Headers },
  ])(
    "sends $name, which costs no window, beside data of other streams that the window of the connection holds",
    (one) => {
      const { accept, open, say, sent } = connected([[Setting.InitialWindowSize, 1_000_000]]);
      const bytesOf = (id: number) =>
        sent(FrameType.Data).reduce((sum, { stream, payload }) => sum + (stream === id ? payload.length : 0), 0);
      const [large, small, other] = [accept(), accept(), accept()];
      large.say("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 80000\r\n\r\n");
      small.say("POST / HTTP/1.1\r\nHost: a.com\r\nTransfer-Encoding: chunked\r\n\r\n");
      other.say("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 5\r\n\r\n");
      open();
      large.say("a".repeat(80_000));
      other.say("other");
      expect([bytesOf(1), bytesOf(5)]).toEqual([65_535, 0]);
      small.say(one.last);
      const ends = () => sent(one.type).filter(({ stream, flags }) => stream === 3 && (flags & Flag.EndStream) !== 0);
      expect(ends().length).toBe(1);
      say(numbers(FrameType.WindowUpdate, 0, 100_000));
      expect([bytesOf(1), bytesOf(3), bytesOf(5), ends().length]).toEqual([80_000, 0, 5, 1]);
    },
  );

  it("lets padding count as taken: an endpoint that pads its answer can send on", () => {
    const { accept, open, say, sent } = connected();
    accept().say(GET);
    open();
    say(headers(1, [OK]));
    const padded = Buffer.concat([Buffer.of(255), Buffer.from("a"), Buffer.alloc(255)]);
    for (let count = 0; count < 1_000; count++) say(frame(FrameType.Data, Flag.Padded, 1, padded));
    expect(sent(FrameType.GoAway)).toEqual([]);
    const opened = sent(FrameType.WindowUpdate)
      .filter(({ stream }) => stream === 1)
      .reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
    expect(opened).toBeGreaterThan(1_000 * padded.length - 65_535);
  });

  it("holds what came of an answer while its client does not read: as much as a window, and that of no other stream", () => {
    const { accept, open, say, sent } = connected();
    const [slow, quick] = [accept(), accept()];
    slow.say(GET);
    quick.say(GET);
    open();
    slow.connection.isReading = false;
    say(headers(1, [OK]), data(1, "a"));
    for (let count = 0; count < 3; count++) say(data(1, "b".repeat(16_384)));
    expect(sent(FrameType.WindowUpdate).filter(({ stream }) => stream === 1)).toEqual([]);
    say(headers(3, [OK]), data(3, "page", true));
    expect(quick.connection.sent).toMatch(/4\r\npage\r\n0\r\n\r\n$/);
    expect(slow.connection.sent).not.toContain("b");
    slow.connection.isReading = true;
    slow.connection.queuedBytes = 0;
    slow.events.onDrain();
    expect(slow.connection.sent.match(/b{16384}/g)?.length).toBe(3);
    expect(sent(FrameType.WindowUpdate).filter(({ stream }) => stream === 1).length).toBe(1);
  });

  it("ends where more comes than a window takes", () => {
    const { accept, open, say, sent } = connected();
    const client = accept();
    client.say(GET);
    open();
    client.connection.isReading = false;
    say(headers(1, [OK]), data(1, "a"));
    for (let count = 0; count < 4; count++) say(data(1, "b".repeat(16_384)));
    expect(sent(FrameType.GoAway).map(({ payload }) => payload.readUInt32BE(4))).toEqual([ErrorCode.FlowControlError]);
    expect(client.connection.ends).toEqual(["abort"]);
  });

  it("is asked by one PING where it owes an answer, and is gone where nothing comes", () => {
    const { accept, engine, open, pass, sent } = connected();
    const client = accept();
    client.say(GET);
    open();
    pass(9);
    expect(sent(FrameType.Ping)).toEqual([]);
    pass(2);
    expect(sent(FrameType.Ping).length).toBe(1);
    pass(18);
    expect(client.connection.sent).toBe("");
    pass(3);
    expect(client.connection.sent).toMatch(/^HTTP\/1\.1 502 /);
    expect(engine.counters.openEndpointConnections).toBe(0);
  });

  it("is asked no more until something of an answer comes: endpoints of gRPC take no more", () => {
    const { accept, open, pass, say, sent } = connected();
    accept().say(GET);
    open();
    for (let count = 0; count < 5; count++) {
      pass(12);
      const last = sent(FrameType.Ping).at(-1)!;
      say(Buffer.from([0, 0, 8, FrameType.Ping, 1, 0, 0, 0, 0]), last.payload);
    }
    expect(sent(FrameType.Ping).length).toBe(1);
    say(headers(1, [OK]), data(1, "a"));
    pass(12);
    expect(sent(FrameType.Ping).length).toBe(2);
  });

  it("is closed by GOAWAY when it was idle for long", () => {
    const { accept, engine, open, pass, say, sent } = connected();
    accept().say(GET);
    open();
    say(headers(1, [OK], true));
    pass(59);
    expect(engine.counters.openEndpointConnections).toBe(1);
    pass(2);
    expect(engine.counters.openEndpointConnections).toBe(0);
    expect(sent(FrameType.GoAway).map(({ payload }) => payload.readUInt32BE(4))).toEqual([ErrorCode.NoError]);
  });

  it("keeps no room for a stream whose client is gone before it opens, and closes then", () => {
    const { accept, engine, endpoints } = connected();
    const client = accept();
    client.say(GET);
    client.events.onClose(undefined);
    expect(endpoints[0]!.connection.ends).toEqual(["close"]);
    expect(engine.counters.openEndpointConnections).toBe(0);
  });

  it("takes no stream at all: each request is answered, and no connection is left", () => {
    const { accept, engine, endpoints, open } = connected([[Setting.MaxConcurrentStreams, 0]]);
    const client = accept();
    client.say(GET);
    open();
    open();
    expect(client.connection.sent).toMatch(/^HTTP\/1\.1 503 /);
    expect(endpoints.length).toBe(2);
    expect(engine.counters.openEndpointConnections).toBe(0);
  });
});
