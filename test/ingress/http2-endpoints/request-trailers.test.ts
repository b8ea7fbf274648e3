import { connect, constants } from "node:http2";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, FrameType } from "#src/http2/frame-head.ts";
import { HeaderDecoder } from "#src/http2/header-decoder.ts";
import { HeaderLines } from "#src/http2/header-lines.ts";
import { Setting, settingsFrame } from "#src/http2/settings.ts";
import { trailerBlock } from "#ingress/engine/h2-endpoint/request-block.ts";
import { RequestSender } from "#ingress/engine/h2-endpoint/request-sender.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import { eventually } from "#test/support/eventually.ts";
import { startEchoServer } from "#test/support/grpc-service.ts";
import { rawClient } from "#test/support/http2-client.ts";
import { startHttp2Endpoint } from "#test/support/http2-endpoint.ts";
import { block, type Fields, frame, numbers, PREFACE } from "#test/support/http2-frames.ts";
import { okWith, openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { data, framesOf, headers, startScriptedHttp2 } from "#test/support/scripted-http2.ts";

const ingresses = [annotatedIngress({ "backend-protocol": "GRPC" })];
const POST: Fields = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "a.com"],
];
const CHUNKED_POST = "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
const END = Flag.EndHeaders | Flag.EndStream;

/** A real server that answers, when a request has ended, with what it got: the body, and its trailers. */
function telling() {
  return startHttp2Endpoint((stream) => {
    let body = "";
    let trailers: Record<string, unknown> = {};
    stream.on("data", (part: Buffer) => (body += part.toString("latin1")));
    stream.on("trailers", (fields) => (trailers = { ...fields }));
    stream.on("end", () => {
      stream.respond({ ":status": 200 });
      stream.end(JSON.stringify({ body, trailers }));
    });
  });
}

/** The lines of a header block, each with its end. */
function linesOf(block: Uint8Array): string {
  const lines = new HeaderLines({ listBytes: 65_536, fields: 200, blockBytes: 65_536, tableBytes: 4_096 });
  if (!new HeaderDecoder(4_096).decode(block, 0, block.length, lines)) throw new Error("a broken header block");
  return Buffer.from(lines.bytes.subarray(0, lines.at)).toString("latin1");
}

describe("trailers of a request", () => {
  it("of a client of HTTP/2 reach an endpoint of HTTP/2", async () => {
    await using endpoint = await telling();
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, isPlainHttp2On: true });
    const session = connect(`http://127.0.0.1:${proxy.port}`);
    const answers = await Promise.all(
      ["", "some body"].map(async (body) => {
        const stream = session.request({ ":authority": "a.com", ":method": "POST" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "a b", "x-bytes-bin": "AP8=" }));
        stream.end(body);
        let text = "";
        for await (const part of stream) text += String(part);
        return JSON.parse(text) as unknown;
      }),
    );
    session.destroy();
    const trailers = { "x-sum": "a b", "x-bytes-bin": "AP8=" };
    expect(answers).toEqual([
      { body: "", trailers },
      { body: "some body", trailers },
    ]);
  });

  it.each([
    { name: "behind data", chunks: "4\r\nsome\r\n", body: "some" },
    { name: "of a body without data", chunks: "", body: "" },
  ])("of chunks of HTTP/1.1 reach an endpoint of HTTP/2, in small letters: $name", async ({ chunks, body }) => {
    await using endpoint = await telling();
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send(`${CHUNKED_POST}${chunks}0\r\nX-Sum: \t a b \r\nX-Empty:\r\n\r\n`);
    const { text } = await client.ended();
    expect(text).toContain(JSON.stringify({ body, trailers: { "x-sum": "a b", "x-empty": "" } }));
  });

  it("end the stream in a frame of their own, byte by byte, however they are cut", async () => {
    const request = `${CHUNKED_POST}4\r\nsome\r\n0\r\nX-Sum: 1\r\nVia: p\r\n\r\n`;
    await using endpoint = await startScriptedHttp2(() => undefined);
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    using client = openClient(proxy.port);
    for (const byte of request) client.send(byte);
    await vi.waitUntil(() => framesOf(endpoint.received()).some(({ flags }) => flags === END), eventually);
    const [head, ...rest] = framesOf(endpoint.received()).filter(({ stream }) => stream === 1);
    expect(head!.flags).toBe(Flag.EndHeaders);
    const last = rest.pop();
    expect(rest.map(({ type, flags }) => [type, flags])).toEqual(rest.map(() => [FrameType.Data, 0]));
    expect(Buffer.concat(rest.map(({ payload }) => payload)).toString()).toBe("some");
    expect(last).toMatchObject({ type: FrameType.Headers, flags: END });
    // A literal field with its name, and one whose name is in the static table (60 = 15 + 45); neither is kept in a table.
    expect(last!.payload.toString("hex")).toBe(
      Buffer.concat([Buffer.from("\0\x05x-sum\x011"), Buffer.from([0x0f, 45]), Buffer.from("\x01p")]).toString("hex"),
    );
  });

  it.each([
    { name: "of a body in chunks", lines: "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n", passes: ["X-Sum"] },
    { name: "of a body with a length", lines: "Trailer: X-Sum\r\nContent-Length: 5\r\n", passes: [] },
    {
      name: "that Connection names",
      lines: "Trailer: X-Sum\r\nConnection: trailer\r\nTransfer-Encoding: chunked\r\n",
      passes: [],
    },
  ])("are announced to endpoints, $name: $passes.length", async ({ lines, passes }) => {
    await using endpoint = await telling();
    await using text = await startEndpoint((socket, part) => {
      if (part.endsWith("0\r\n\r\n")) socket.write(okWith("page"));
    });
    const request = `POST / HTTP/1.1\r\nHost: a.com\r\n${lines}\r\n0\r\n\r\n`;
    for (const [port, ofProxy] of [
      [endpoint.port, { ingresses }],
      [text.port, {}],
    ] as const) {
      await using proxy = await startProxy({ s: [port] }, ofProxy);
      using client = openClient(proxy.port);
      client.send(request);
      await client.until((answer) => statusOf(answer) === 200);
    }
    expect(endpoint.heads.map((head) => head["trailer"])).toEqual(passes.length === 0 ? [undefined] : passes);
    expect([...text.received().matchAll(/\r\nTrailer: (.*)\r\n/g)].map(([, value]) => value)).toEqual(passes);
  });

  it("go again where the request does: REFUSED_STREAM", async () => {
    await using busy = await startHttp2Endpoint((stream) => {
      stream.resume().on("end", () => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    });
    await using well = await telling();
    await using proxy = await startProxy({ s: [busy.port, well.port] }, { ingresses });
    for (let count = 0; count < 4; count++) {
      using client = openClient(proxy.port);
      client.send(`${CHUNKED_POST}4\r\nsome\r\n0\r\nX-Sum: 1\r\n\r\n`);
      expect((await client.ended()).text).toContain('{"body":"some","trailers":{"x-sum":"1"}}');
    }
    expect(busy.heads.length).toBeGreaterThan(0);
  });

  it("do no harm to a server of gRPC, which has no use for them", async () => {
    await using server = await startEchoServer();
    await using proxy = await startProxy({ s: [server.port] }, { ingresses, isPlainHttp2On: true });
    using client = rawClient(proxy.port);
    const call: Fields = [
      [":method", "POST"],
      [":scheme", "http"],
      [":path", "/test.Echo/One"],
      [":authority", "a.com"],
    ];
    for (const id of [1, 3]) {
      client.send(
        headers(id, [...call, ["content-type", "application/grpc"], ["te", "trailers"]]),
        data(id, "\0\0\0\0\x02hi"),
        headers(id, [["x-sum", "1"]], true),
      );
      await client.until(() => client.streams.get(id)?.isEnded === true);
      expect(client.streams.get(id)?.heads.at(-1)).toContain("grpc-status: 0");
      expect(client.streams.get(id)?.data).toBe("\0\0\0\0\x02hi");
    }
    expect(server.calls()).toBe(2);
  });

  it("survive any cut of the body that they come behind", () => {
    const name = fc.stringMatching(/^x-[a-z0-9-]{0,80}$/).filter((text) => !text.startsWith("x-forwarded-"));
    const value = fc.stringMatching(/^([!-~\u0080-\u00ff]([ -~\u0080-\u00ff]{0,60}[!-~\u0080-\u00ff])?)?$/);
    const parts = fc.array(fc.stringMatching(/^[a-z\r\n]{1,300}$/), { maxLength: 4 });
    fc.assert(
      fc.property(parts, fc.array(fc.tuple(name, value), { maxLength: 20 }), fc.nat(), (texts, fields, cut) => {
        const taken = fields.filter(([one]) => !["x-real-ip", "x-request-id", "x-scheme"].includes(one));
        const chunks = texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join("");
        const lines = taken.map(([one, text]) => `${one}: ${text}\r\n`).join("");
        const bytes = Buffer.from(`${chunks}0\r\n${lines}\r\n`, "latin1");
        const sender = new RequestSender({ isChunked: true, contentLength: 0 });
        let sent = "";
        for (const [start, end] of [[0, cut % bytes.length] as const, [cut % bytes.length, bytes.length] as const]) {
          expect([sender.isDone, sender.trailers]).toEqual([false, undefined]);
          sender.add(bytes, start, end);
          for (let run = sender.peek(); run !== undefined; run = sender.peek()) {
            sent += run.bytes.toString("latin1", run.start, run.end);
            sender.advance(run.end - run.start);
          }
        }
        expect([sent, sender.isDone, sender.isWaiting]).toEqual([texts.join(""), true, false]);
        expect(sender.trailers === undefined ? "" : linesOf(trailerBlock(sender.trailers))).toBe(lines);
      }),
    );
  });
});

describe("trailers that must not pass", () => {
  const forbidden: Fields = [
    ["content-length", "5"],
    ["host", "b.com"],
    ["authorization", "Basic cm9vdA=="],
    ["cookie", "session=root"],
    ["set-cookie", "session=root"],
    ["content-type", "text/html"],
    ["content-encoding", "gzip"],
    ["content-range", "bytes 0-1/2"],
    ["expect", "100-continue"],
    ["te", "trailers"],
    ["trailer", "x"],
    ["proxy-authorization", "x"],
    ["proxy", "http://evil"],
    ["forwarded", "for=10.9.9.9"],
    ["x-forwarded-for", "10.9.9.9"],
    ["x-forwarded-proto", "https"],
    ["x-real-ip", "10.9.9.9"],
    ["x-original-url", "/admin"],
    ["x-request-id", "1"],
    ["x-hawser-hops", "1"],
    ["ssl-client-verify", "SUCCESS"],
    ["x_real_ip", "10.9.9.9"],
    ["x.real.ip", "10.9.9.9"],
    ["date", "x"],
  ];
  const ofConnection: Fields = [
    ["connection", "close"],
    ["transfer-encoding", "chunked"],
    ["upgrade", "h2c"],
    ["keep-alive", "1"],
    ["te", "gzip"],
    [":path", "/admin"],
    [":authority", "b.com"],
    ["x:y", "z"],
    ["x y", "z"],
    ["X-Sum", "1"],
    ["", "z"],
    ["x", "1\r\nx-real-ip: 10.9.9.9"],
    ["x", "1\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1"],
    ["x", "1\n"],
    ["x", "1\0"],
    ["x", " 1"],
  ];

  /** What became of the request on stream 1, which went to an endpoint in part, and of a good one behind it. */
  async function outcome(...frames: readonly Uint8Array[]) {
    await using endpoint = await startScriptedHttp2((id, send) => {
      if (id === 3) send(headers(3, [[":status", "200"]], true));
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, isPlainHttp2On: true });
    using client = rawClient(proxy.port);
    client.send(headers(1, POST), data(1, "some"));
    const toEndpoint = (id: number) => framesOf(endpoint.received()).filter(({ stream }) => stream === id);
    await vi.waitUntil(() => toEndpoint(1).some(({ type }) => type === FrameType.Data), eventually);
    client.send(...frames, headers(3, [...POST.slice(1), [":method", "GET"]], true));
    await client.until(() => client.streams.get(3)?.isEnded === true);
    await vi.waitUntil(() => toEndpoint(1).some(({ type }) => type === FrameType.RstStream), eventually);
    return {
      status: client.streams.get(1)?.heads[0]?.[0],
      reset: client.streams.get(1)?.reset,
      endpoint: toEndpoint(1).map(({ type, flags }) => [type, flags & Flag.EndStream]),
      connections: endpoint.connections.length,
      received: endpoint.received(),
    };
  }
  /** Head, data and a reset: no end, and no second block. */
  const CUT_OFF = [
    [FrameType.Headers, 0],
    [FrameType.Data, 0],
    [FrameType.RstStream, 0],
  ];

  it.each(forbidden)(
    "from a client of HTTP/2: %s is answered 400, and the endpoint gets no end",
    async (name, value) => {
      const found = await outcome(
        headers(
          1,
          [
            ["x-sum", "1"],
            [name, value],
          ],
          true,
        ),
      );
      expect(found).toMatchObject({ status: ":status: 400", endpoint: CUT_OFF, connections: 1 });
    },
  );

  it.each(ofConnection)("from a client of HTTP/2: %j: %j resets its stream", async (name, value) => {
    const found = await outcome(
      headers(
        1,
        [
          ["x-sum", "1"],
          [name, value],
        ],
        true,
      ),
    );
    expect(found).toMatchObject({ reset: ErrorCode.ProtocolError, endpoint: CUT_OFF, connections: 1 });
    expect(found.received).not.toContain("smuggled");
  });

  it.each([
    {
      name: "that do not end the stream",
      fields: [["x", "1"]],
      isEnd: false,
      found: { reset: ErrorCode.ProtocolError },
    },
    {
      name: "of more than 100 fields",
      fields: Array.from({ length: 101 }, () => ["x", "1"] as const),
      found: { reset: ErrorCode.ProtocolError },
    },
    { name: "of more than 8 KiB", fields: [["x", "1".repeat(8_190)]], found: { status: ":status: 400" } },
    {
      name: "of more than a head may have",
      fields: Array.from({ length: 4 }, () => ["x", "1".repeat(9_000)] as const),
      found: { reset: ErrorCode.ProtocolError },
    },
  ] as const satisfies readonly { fields: Fields; [key: string]: unknown }[])(
    "from a client of HTTP/2: trailers $name",
    async ({ fields, found, ...how }) => {
      const isEnd = !("isEnd" in how);
      const blocks = fields.length === 4 ? splitHeaders(1, fields) : [headers(1, fields, isEnd)];
      expect(await outcome(...blocks)).toMatchObject({ ...found, endpoint: CUT_OFF, connections: 1 });
    },
  );

  it("from a client of HTTP/2: second ones reset the stream", async () => {
    const found = await outcome(headers(1, [["x-first", "1"]], true), headers(1, [["x-second", "1"]], true));
    expect(found).toMatchObject({ reset: ErrorCode.StreamClosed, endpoint: CUT_OFF, connections: 1 });
    expect(found.received).not.toContain("x-second");
  });

  it.each(forbidden)("in chunks: %s is answered 400, and the endpoint gets no end", async (name, value) => {
    await using endpoint = await startScriptedHttp2(() => undefined);
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send(`${CHUNKED_POST}4\r\nsome\r\n`);
    const frames = () => framesOf(endpoint.received()).filter(({ stream }) => stream === 1);
    await vi.waitUntil(() => frames().some(({ type }) => type === FrameType.Data), eventually);
    client.send(`0\r\nX-Sum: 1\r\n${name.toUpperCase()}: ${value}\r\n\r\n`);
    expect(statusOf((await client.ended()).text)).toBe(400);
    await vi.waitUntil(() => frames().some(({ type }) => type === FrameType.RstStream), eventually);
    expect(frames().map(({ type, flags }) => [type, flags & Flag.EndStream])).toEqual(CUT_OFF);
  });

  it.each([
    { name: "as long as it says", length: 4, found: { status: ":status: 200", reset: undefined } },
    { name: "shorter than it says", length: 5, found: { status: undefined, reset: ErrorCode.ProtocolError } },
  ])("behind a body that says its length are left out, and the length counts: $name", async ({ length, found }) => {
    await using endpoint = await startHttp2Endpoint((stream) => {
      stream.on("trailers", () => stream.close(constants.NGHTTP2_PROTOCOL_ERROR));
      stream.resume().on("end", () => stream.respond({ ":status": 200 }, { endStream: true }));
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, isPlainHttp2On: true });
    using client = rawClient(proxy.port);
    client.send(
      headers(1, [...POST, ["content-length", String(length)]]),
      data(1, "some"),
      headers(1, [["x-sum", "1"]], true),
    );
    const seen = () => ({ status: client.streams.get(1)?.heads[0]?.[0], reset: client.streams.get(1)?.reset });
    await client.until(() => seen().status !== undefined || seen().reset !== undefined);
    expect(seen()).toEqual(found);
  });
});

describe("trailers and what an endpoint takes", () => {
  /** A proxy in front of one endpoint, whose settings give a stream a window of so many bytes. */
  function connected(windowBytes: number) {
    const proxy = engineByHand({ ingresses, isPlainHttp2On: true });
    const client = proxy.accept();
    const say = (...frames: readonly Uint8Array[]) => client.say(Buffer.concat(frames).toString("latin1"));
    say(Buffer.from(PREFACE), settingsFrame([]), headers(1, POST));
    const endpoint = proxy.endpoints[0]!;
    const answer = (...frames: readonly Uint8Array[]) => endpoint.say(Buffer.concat(frames).toString("latin1"));
    endpoint.events.onConnect();
    answer(Buffer.from(settingsFrame([[Setting.InitialWindowSize, windowBytes]])));
    const sent = () =>
      framesOf(endpoint.connection.sent)
        .filter(({ stream }) => stream === 1)
        .map(({ type, flags, payload }) => [type, flags & Flag.EndStream, payload.length]);
    const head = sent()[0]!;
    return { client, endpoint, say, answer, sent, head };
  }
  const TRAILERS = headers(1, [["x", "1"]], true);

  it("wait behind the data, which waits for the window, and take nothing of the window", () => {
    const { say, answer, sent, head } = connected(3);
    say(data(1, "some"), TRAILERS);
    expect(sent()).toEqual([head, [FrameType.Data, 0, 3]]);
    answer(numbers(FrameType.WindowUpdate, 1, 1));
    expect(sent()).toEqual([head, [FrameType.Data, 0, 3], [FrameType.Data, 0, 1], [FrameType.Headers, 1, 5]]);
  });

  it("go where the window is full", () => {
    const { say, sent, head } = connected(4);
    say(data(1, "some"));
    say(TRAILERS);
    expect(sent()).toEqual([head, [FrameType.Data, 0, 4], [FrameType.Headers, 1, 5]]);
  });

  it("wait while the endpoint does not read, and go when it does", () => {
    const { endpoint, say, sent, head } = connected(65_535);
    endpoint.connection.isReading = false;
    say(data(1, "some"));
    say(TRAILERS);
    expect(sent()).toEqual([head, [FrameType.Data, 0, 4]]);
    endpoint.connection.isReading = true;
    endpoint.events.onDrain();
    expect(sent()).toEqual([head, [FrameType.Data, 0, 4], [FrameType.Headers, 1, 5]]);
  });

  it("are left out where the answer was whole before them: the stream is reset without an error", () => {
    const { say, answer, sent, head } = connected(65_535);
    say(data(1, "some"));
    answer(headers(1, [[":status", "200"]], true));
    say(TRAILERS);
    expect(sent()).toEqual([head, [FrameType.Data, 0, 4], [FrameType.RstStream, 0, 4]]);
  });
});

/** HEADERS and CONTINUATION, of fields that do not fit one frame. */
function splitHeaders(stream: number, fields: Fields): Buffer[] {
  const whole = block(fields);
  const parts = [whole.subarray(0, 16_384), whole.subarray(16_384, 32_768), whole.subarray(32_768)];
  return parts.map((part, index) =>
    frame(
      index === 0 ? FrameType.Headers : FrameType.Continuation,
      (index === 0 ? Flag.EndStream : 0) | (index === parts.length - 1 ? Flag.EndHeaders : 0),
      stream,
      part,
    ),
  );
}
