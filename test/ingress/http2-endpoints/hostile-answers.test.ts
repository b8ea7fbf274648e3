import { describe, expect, it, vi } from "vitest";
import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, FrameType } from "#src/http2/frame-head.ts";
import type { ResponseReason } from "#ingress/engine/response-reason.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { eventually } from "#test/support/eventually.ts";
import { block, frame, numbers } from "#test/support/http2-frames.ts";
import { ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { data, framesOf, headers, startScriptedHttp2 } from "#test/support/scripted-http2.ts";

const ingresses = [annotatedIngress({ "backend-protocol": "GRPC" })];
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const OK = [":status", "200"] as const;

type Fields = readonly (readonly [string, string])[];

describe("an answer of HTTP/2 that breaks the rules", () => {
  it.each<{ name: string; fields: Fields; isEnd?: boolean; more?: readonly Uint8Array[]; reason?: ResponseReason }>([
    { name: "no status", fields: [["a", "1"]] },
    { name: "two statuses", fields: [OK, OK] },
    { name: "the status behind a field", fields: [["a", "1"], OK] },
    { name: "a status of two digits", fields: [[":status", "20"]] },
    { name: "a status with an end of line", fields: [[":status", "200\r\nX: y"]] },
    {
      name: "a change of protocol",
      fields: [
        [":status", "101"],
        ["upgrade", "websocket"],
      ],
    },
    { name: "an interim answer that ends the stream", fields: [[":status", "103"]], isEnd: true },
    { name: "a pseudo-header field of requests", fields: [OK, [":path", "/"]] },
    { name: "a capital letter in a name", fields: [OK, ["X-a", "1"]] },
    { name: "an end of line in a name", fields: [OK, ["a\r\nb", "1"]] },
    { name: "a colon in a name", fields: [OK, ["a:b", "1"]] },
    { name: "no name", fields: [OK, ["", "1"]] },
    { name: "an end of line in a value", fields: [OK, ["a", "1\r\n\r\nHTTP/1.1 200 OK"]] },
    { name: "LF alone in a value", fields: [OK, ["a", "1\nb: 2"]] },
    { name: "NUL in a value", fields: [OK, ["a", "1\0"]] },
    { name: "Connection", fields: [OK, ["connection", "close"]] },
    { name: "Transfer-Encoding", fields: [OK, ["transfer-encoding", "chunked"]] },
    { name: "Upgrade", fields: [OK, ["upgrade", "h2c"]] },
    { name: "a length that is no number", fields: [OK, ["content-length", "1, 1"]] },
    {
      name: "two lengths",
      fields: [OK, ["content-length", "1"], ["content-length", "2"]],
      reason: "answer-length-unclear",
    },
    { name: "a length without a body", fields: [OK, ["content-length", "1"]], isEnd: true },
    {
      name: "more fields than the limit",
      fields: [OK, ...Array.from({ length: 120 }, () => ["a", "b"] as const)],
      reason: "answer-head-too-large",
    },
    { name: "a head larger than the limit", fields: [OK, ["a", "b".repeat(40_000)]], reason: "answer-head-too-large" },
    {
      name: "a shorter body than it says",
      fields: [OK, ["content-length", "9"]],
      more: [data(1, "page", true)],
      reason: "answer-body-malformed",
    },
    {
      name: "a longer body than it says",
      fields: [OK, ["content-length", "3"]],
      more: [data(1, "page", true)],
      reason: "answer-body-malformed",
    },
    {
      name: "an end of line in a trailer",
      fields: [OK],
      more: [headers(1, [["a", "1\r\nb: 2"]], true)],
      reason: "answer-body-malformed",
    },
    {
      name: "a pseudo-header field in trailers",
      fields: [OK],
      more: [headers(1, [OK], true)],
      reason: "answer-body-malformed",
    },
    {
      name: "trailers that do not end the stream",
      fields: [OK],
      more: [headers(1, [["a", "1"]])],
      reason: "answer-body-malformed",
    },
  ])("is refused: $name", async ({ fields, isEnd = false, more = [], reason = "answer-malformed" }) => {
    const parts =
      fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > 16_000
        ? cutBlock(fields)
        : [headers(1, fields, isEnd)];
    await using endpoint = await startScriptedHttp2((_, send) => send(...parts, ...more));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    expect(statusOf(await ask(proxy.port, GET))).toBe(502);
    expect(proxy.engine.counters.reasons[REASON_LIST.indexOf(reason)]).toBe(1);
  });

  it.each<{ name: string; frames: readonly Uint8Array[]; code?: number }>([
    { name: "a pushed request", frames: [frame(FrameType.PushPromise, Flag.EndHeaders, 1, "\0\0\0\x02")] },
    { name: "DATA of a stream that was not begun", frames: [data(3, "a")] },
    { name: "HEADERS of a stream of its own", frames: [headers(2, [OK])] },
    { name: "a window of nothing", frames: [numbers(FrameType.WindowUpdate, 0, 0)] },
    {
      name: "a window too large",
      frames: [numbers(FrameType.WindowUpdate, 0, 0x7fff_ffff)],
      code: ErrorCode.FlowControlError,
    },
    {
      name: "a block that refers to nothing",
      frames: [frame(FrameType.Headers, Flag.EndHeaders, 1, "\xff\x00")],
      code: ErrorCode.CompressionError,
    },
    { name: "a block with another frame within", frames: [frame(FrameType.Headers, 0, 1, block([OK])), data(1, "a")] },
    {
      name: "a block without end",
      frames: [
        frame(FrameType.Headers, 0, 1, block([OK])),
        ...Array.from({ length: 20 }, () => frame(FrameType.Continuation, 0, 1)),
      ],
      code: ErrorCode.EnhanceYourCalm,
    },
    {
      name: "a frame larger than allowed",
      frames: [headers(1, [OK]), data(1, "a".repeat(16_385))],
      code: ErrorCode.FrameSizeError,
    },
    {
      name: "PINGs without end",
      frames: Array.from({ length: 10_001 }, () => frame(FrameType.Ping, 0, 0, "12345678")),
      code: ErrorCode.EnhanceYourCalm,
    },
    {
      name: "empty DATA without end",
      frames: [headers(1, [OK]), ...Array.from({ length: 10_001 }, () => data(1, ""))],
      code: ErrorCode.EnhanceYourCalm,
    },
  ])("ends the connection: $name", async ({ frames, code = ErrorCode.ProtocolError }) => {
    await using endpoint = await startScriptedHttp2((_, send) => send(...frames));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const answer = await ask(proxy.port, GET);
    // Where a head has gone to the client, its body has no end.
    expect(answer === "" || statusOf(answer) === 502 || !answer.endsWith("0\r\n\r\n")).toBe(true);
    const goAway = await vi.waitUntil(
      () => framesOf(endpoint.received()).find(({ type }) => type === FrameType.GoAway),
      eventually,
    );
    expect(goAway.payload.readUInt32BE(4)).toBe(code);
    expect(proxy.engine.counters.reasons[REASON_LIST.indexOf("answer-malformed")]).toBe(1);
  });

  it("is none of HTTP/2 at all: nothing of the request was sent, and another endpoint gets it", async () => {
    await using old = await startEndpoint((socket) =>
      socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    );
    await using endpoint = await startScriptedHttp2((stream, send) => send(headers(stream, [OK], true)));
    await using proxy = await startProxy({ s: [old.port, endpoint.port] }, { ingresses });
    const post = "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody";
    expect(statusOf(await ask(proxy.port, post))).toBe(200);
    expect(statusOf(await ask(proxy.port, post))).toBe(200);
    expect(old.connections.length).toBeGreaterThan(0);
    expect(old.received()).not.toContain("body");
  });
});

/** HEADERS and CONTINUATION of a block that is larger than a frame. */
function cutBlock(fields: Fields): readonly Uint8Array[] {
  const whole = block(fields);
  const parts = Array.from({ length: Math.ceil(whole.length / 16_384) }, (_, index) =>
    whole.subarray(index * 16_384, (index + 1) * 16_384),
  );
  return parts.map((part, index) =>
    frame(
      index === 0 ? FrameType.Headers : FrameType.Continuation,
      index === parts.length - 1 ? Flag.EndHeaders : 0,
      1,
      part,
    ),
  );
}
