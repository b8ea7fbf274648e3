import { describe, expect, it } from "vitest";
import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, FrameType } from "#src/http2/frame-head.ts";
import { Setting, settingsFrame } from "#src/http2/settings.ts";
import { HTTP2_BOUNDS } from "#ingress/engine/h2/http2-bounds.ts";
import type { Limits } from "#ingress/engine/limits.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import { data, GET, headers, rawClient } from "#test/support/http2-client.ts";
import { block, frame, numbers, PREFACE } from "#test/support/http2-frames.ts";
import { answering, type Proxy, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { eventually } from "#test/support/eventually.ts";

const CALM = ErrorCode.EnhanceYourCalm;
const POST = GET.map(([name, value]) => [name, name === ":method" ? "POST" : value] as const);
/** Beyond an allowance, what its share of a second allows while a test runs. */
const SOME_SECONDS = 5;

/** Numbers of streams that a client begins. */
function ids(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 2 * index + 1);
}

/** A proxy whose endpoint answers or not, and a client that begins with these settings. */
async function start({
  answers = true,
  limits = {},
  settings,
}: { answers?: boolean | string; limits?: Partial<Limits>; settings?: Uint8Array } = {}) {
  const body = typeof answers === "string" ? answers : "ok";
  const endpoint = await startEndpoint(answers === false ? () => undefined : answering(body));
  const proxy = await startProxy({ s: [endpoint.port] }, { isPlainHttp2On: true, limits });
  const client = rawClient(proxy.port, settings);
  return {
    endpoint,
    proxy,
    client,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await proxy[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

function requestsSeen(received: string): number {
  return received.split(" HTTP/1.1\r\n").length - 1;
}

/** Another client is served as if nothing were. */
async function isServed(proxy: Proxy): Promise<boolean> {
  using other = rawClient(proxy.port);
  other.send(headers(1));
  await other.until(() => (other.streams.get(1)?.heads.length ?? 0) > 0);
  return other.streams.get(1)?.heads[0]?.[0] === ":status: 200";
}

describe("abuse of HTTP/2", () => {
  it("bounds streams that a client resets at once (rapid reset)", async () => {
    await using it = await start({ answers: false });
    it.client.send(...ids(1_000).flatMap((id) => [headers(id), numbers(FrameType.RstStream, id, ErrorCode.Cancel)]));
    await it.client.ended;
    expect(it.client.goAways.map(([, code]) => code)).toEqual([CALM]);
    expect(it.proxy.engine.counters.abusiveConnections).toBe(1);
    const begun = it.client.goAways[0]![0];
    expect((begun + 1) / 2).toBeLessThanOrEqual(
      HTTP2_BOUNDS.resets.most + 1 + HTTP2_BOUNDS.resets.perSecond * SOME_SECONDS,
    );
    expect(it.endpoint.connections.length).toBeLessThanOrEqual(
      HTTP2_BOUNDS.resets.most + 1 + HTTP2_BOUNDS.resets.perSecond * SOME_SECONDS,
    );
  });

  it("bounds streams that a client has us reset (MadeYouReset)", async () => {
    await using it = await start({ answers: false });
    it.client.send(...ids(1_000).flatMap((id) => [headers(id), numbers(FrameType.WindowUpdate, id, 0)]));
    await it.client.ended;
    expect(it.client.goAways.map(([, code]) => code)).toEqual([CALM]);
    expect(it.client.count(FrameType.RstStream)).toBeGreaterThanOrEqual(HTTP2_BOUNDS.resets.most);
    expect(it.client.count(FrameType.RstStream)).toBeLessThanOrEqual(
      HTTP2_BOUNDS.resets.most + 1 + HTTP2_BOUNDS.resets.perSecond * SOME_SECONDS,
    );
  });

  it("bounds the frames of a header block, and its bytes", async () => {
    const first = frame(FrameType.Headers, Flag.EndStream, 1, block(GET));
    for (const [payload, count] of [
      [Buffer.alloc(0), 1_000],
      [Buffer.alloc(1, 0x82), 1_000],
      [Buffer.alloc(16_384, 0x82), 10],
    ] as const) {
      await using it = await start();
      it.client.send(first, ...Array.from({ length: count }, () => frame(FrameType.Continuation, 0, 1, payload)));
      await it.client.ended;
      expect(it.client.goAways).toEqual([[0, CALM]]);
      expect(requestsSeen(it.endpoint.received())).toBe(0);
    }
  });

  it.each<[name: string, flood: Buffer, answer: [type: number, flags?: number]]>([
    ["SETTINGS", frame(FrameType.Settings, 0, 0), [FrameType.Settings, Flag.Ack]],
    ["PING", frame(FrameType.Ping, 0, 0, Buffer.alloc(8)), [FrameType.Ping, Flag.Ack]],
    ["PRIORITY", frame(FrameType.Priority, 0, 1, Buffer.alloc(5)), [FrameType.RstStream]],
    ["WINDOW_UPDATE", numbers(FrameType.WindowUpdate, 0, 1), [FrameType.WindowUpdate, 9]],
    ["frames that are not known", frame(0x55, 0, 0), [0x55]],
    ["empty DATA", data(1, "", 0), [FrameType.RstStream]],
  ])("bounds a flood of %s, and what it is answered with", async (_name, flood, [type, flags]) => {
    await using it = await start({ answers: false });
    it.client.send(headers(1, POST, 0), ...Array.from({ length: 5_000 }, () => flood));
    await it.client.ended;
    expect(it.client.goAways).toEqual([[1, CALM]]);
    expect(it.client.count(type, flags)).toBeLessThanOrEqual(
      HTTP2_BOUNDS.needlessFrames.most + 2 + HTTP2_BOUNDS.needlessFrames.perSecond * SOME_SECONDS,
    );
    expect(it.proxy.engine.counters.openConnections).toBeLessThanOrEqual(1);
  });

  it("answers 431 where a small block stands for a large head (HPACK bomb), and goes on", async () => {
    await using it = await start();
    const name = block([["x", "a".repeat(4_000)]]).subarray(1);
    // Kept in the table (0x40), and then named 8,000 times: 32 MB.
    const bomb = Buffer.concat([block(GET), Buffer.of(0x40), name, Buffer.alloc(8_000, 0xbe)]);
    it.client.send(frame(FrameType.Headers, Flag.EndStream | Flag.EndHeaders, 1, bomb), headers(3));
    await it.client.until(() => it.client.streams.get(3)?.isEnded === true);
    expect([1, 3].map((id) => it.client.streams.get(id)?.heads[0]?.[0])).toEqual([":status: 431", ":status: 200"]);
    expect(requestsSeen(it.endpoint.received())).toBe(1);
  });

  it("bounds answers that a client takes byte by byte", async () => {
    const settings = settingsFrame([[Setting.InitialWindowSize, 1]]);
    await using it = await start({ answers: "a".repeat(10_000), settings });
    it.client.send(headers(1));
    await it.client.until(() => it.client.streams.get(1)?.data === "a");
    it.client.send(...Array.from({ length: 5_000 }, () => numbers(FrameType.WindowUpdate, 1, 1)));
    await it.client.ended;
    expect(it.client.goAways).toEqual([[1, CALM]]);
    expect(it.client.streams.get(1)!.frames).toBeLessThanOrEqual(
      HTTP2_BOUNDS.needlessFrames.most + 10 + HTTP2_BOUNDS.needlessFrames.perSecond * SOME_SECONDS,
    );
  });

  it("gives up a request whose answer the client does not take, and serves others of its connection", async () => {
    const settings = settingsFrame([[Setting.InitialWindowSize, 0]]);
    await using it = await start({ answers: "a".repeat(1_000), limits: { clientGapMs: 200 }, settings });
    it.client.send(headers(1));
    await it.client.until(() => it.client.streams.get(1)?.reset !== undefined);
    it.client.send(settingsFrame([[Setting.InitialWindowSize, 65_535]]), headers(3));
    await it.client.until(() => it.client.streams.get(3)?.isEnded === true);
    expect(it.client.streams.get(3)!.data).toHaveLength(1_000);
  });

  it("gives up a client that does not read when memory runs out", async () => {
    const settings = settingsFrame([[Setting.InitialWindowSize, 0x7fff_ffff]]);
    const limits = { unsentBytes: 1_000_000 };
    await using it = await start({ answers: "a".repeat(1_000_000), limits, settings });
    it.client.send(numbers(FrameType.WindowUpdate, 0, 0x7fff_0000));
    it.client.socket.pause();
    it.client.send(...ids(HTTP2_BOUNDS.streams).map((id) => headers(id)));
    await expect.poll(() => it.proxy.engine.unsent.givenUp, eventually).toBe(1);
    expect(it.proxy.engine.unsent.total).toBeLessThanOrEqual(2 * limits.unsentBytes);
    expect(await isServed(it.proxy)).toBe(true);
  });

  it("serves so many streams at once, and refuses more, which a client may send again", async () => {
    await using it = await start({ answers: false });
    it.client.send(...ids(HTTP2_BOUNDS.streams + 50).map((id) => headers(id)));
    await it.client.until(() => it.client.count(FrameType.RstStream) === 50);
    const refused = [...it.client.streams].filter(([, { reset }]) => reset !== undefined);
    expect(refused.map(([id]) => id)).toEqual(ids(HTTP2_BOUNDS.streams + 50).slice(HTTP2_BOUNDS.streams));
    expect(new Set(refused.map(([, { reset }]) => reset))).toEqual(new Set([ErrorCode.RefusedStream]));
    await expect.poll(() => requestsSeen(it.endpoint.received()) === HTTP2_BOUNDS.streams, eventually).toBe(true);
  });

  it("holds no more of a body than the window, while its endpoint takes nothing", () => {
    const { accept, endpoints } = engineByHand({ isPlainHttp2On: true });
    const client = accept();
    const say = (...frames: readonly Buffer[]) => client.say(Buffer.concat(frames).toString("latin1"));
    const part = data(1, "a".repeat(16_384), 0);
    const whole = Array.from({ length: HTTP2_BOUNDS.streamWindowBytes / 16_384 }, () => part);
    say(Buffer.from(PREFACE), frame(FrameType.Settings, 0, 0), headers(1, POST, 0), ...whole);
    expect(client.connection.sent).not.toContain(numbers(FrameType.WindowUpdate, 1, 0).toString("latin1", 3, 9));
    say(data(1, "a", 0));
    const reset = numbers(FrameType.RstStream, 1, ErrorCode.FlowControlError).toString("latin1");
    expect(client.connection.sent).toContain(reset);
    expect(endpoints.map(({ connection }) => connection.ends)).toEqual([["close"]]);
  });

  it("closes a connection whose frame or header block does not become whole, and one without requests", async () => {
    const limits = { headMs: 300, keepAliveMs: 300 };
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.of(0, 0, 4),
      frame(FrameType.Headers, Flag.EndStream, 1, block(GET)),
      headers(1),
    ]) {
      await using it = await start({ limits });
      it.client.send(bytes);
      await it.client.ended;
      expect(it.client.goAways).toHaveLength(1);
    }
  });
});
