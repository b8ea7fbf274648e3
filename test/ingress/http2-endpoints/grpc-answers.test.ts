import { describe, expect, it } from "vitest";
import { FrameType } from "#src/http2/frame-head.ts";
import { settingsFrame } from "#src/http2/settings.ts";
import { grpcAnswer } from "#ingress/engine/grpc/grpc-answer.ts";
import { grpcTimeoutMs } from "#ingress/engine/grpc/grpc-timeout-ms.ts";
import { isGrpc } from "#ingress/engine/grpc/is-grpc.ts";
import type { AnswerStatus } from "#ingress/engine/h1/answer.ts";
import { readRequestHead } from "#ingress/engine/h1/read-request-head.ts";
import { DEFAULT_LIMITS } from "#ingress/engine/limits.ts";
import { RequestHead } from "#ingress/engine/request-head.ts";
import { REASON_LIST, type ResponseReason } from "#ingress/engine/response-reason.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import { ask, startProxy } from "#test/support/ingress-proxy.ts";
import { data, framesOf, headers } from "#test/support/scripted-http2.ts";

const ingresses = [annotatedIngress({ "backend-protocol": "GRPC" })];

function headOf(lines: string, method = "POST"): [Buffer, RequestHead] {
  const bytes = Buffer.from(`${method} /s/m HTTP/1.1\r\nHost: a.com\r\n${lines}\r\n`, "latin1");
  const head = new RequestHead(DEFAULT_LIMITS);
  expect(readRequestHead(bytes, 0, bytes.length, head)).toBe(bytes.length);
  return [bytes, head];
}

describe("a request of gRPC", () => {
  it.each([
    ["application/grpc", true],
    ["application/grpc+proto", true],
    ["Application/GRPC;charset=x", true],
    ["application/grpc-web", false],
    ["application/grpc-web+proto", false],
    ["application/grpcx", false],
    ["application/json", false],
    ["application/grp", false],
  ])("is told by its type: %s", (type, expected) => {
    expect(isGrpc(...headOf(`Cookie: application/grpc\r\nContent-Type: ${type}\r\n`))).toBe(expected);
    expect(isGrpc(...headOf(`Content-Type: ${type}\r\n`, "GET"))).toBe(false);
  });

  it.each([
    ["1S", 1_000],
    ["250m", 250],
    ["2H", 7_200_000],
    ["3M", 180_000],
    ["1u", 1],
    ["1500u", 2],
    ["99999999n", 100],
    ["0S", 0],
    ["123456789S", undefined],
    ["-1S", undefined],
    ["1s", undefined],
    ["1.5S", undefined],
    ["S", undefined],
    ["", undefined],
  ])("has the time of grpc-timeout: %s is %s ms", (text, expected) => {
    expect(grpcTimeoutMs(...headOf(`grpc-timeout: ${text}\r\n`))).toBe(expected);
  });

  it("has no bound of its own without it", () => {
    expect(grpcTimeoutMs(...headOf(""))).toBeUndefined();
  });
});

describe("an answer of our own to a client of gRPC", () => {
  it.each<[AnswerStatus, number, ResponseReason | undefined]>([
    [400, 13, "bad-path"],
    [401, 16, "unauthorized"],
    [403, 7, "auth-denied"],
    [404, 12, "no-route"],
    [413, 2, "request-body-too-large"],
    [429, 14, "rate-limited"],
    [502, 14, "connect-failed"],
    [503, 14, "no-endpoint"],
    [504, 14, "connect-timeout"],
    [504, 4, "answer-timeout"],
    [504, 4, "deadline-exceeded"],
    [408, 4, "request-body-timeout"],
    [308, 2, undefined],
  ])("%s is grpc-status %s: %s", (status, code, reason) => {
    expect(grpcAnswer(status, reason)).toEqual({ code });
  });

  it("is 200 with the status in its head, and nothing else", async () => {
    await using proxy = await startProxy({ s: [] }, { ingresses });
    const post = (type: string) =>
      `POST /s/m HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: 0\r\n\r\n`;
    const answer = await ask(proxy.port, post("application/grpc"));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\nContent-Type: application\/grpc\r\nContent-Length: 0\r\ngrpc-status: 14\r\n/);
    expect(answer).toMatch(/\r\ngrpc-message: 503 Service Unavailable\r\n[^]*\r\n\r\n$/);
    expect(await ask(proxy.port, post("application/grpc-web"))).toMatch(/^HTTP\/1\.1 503 /);
    // It is counted as what it is.
    expect(proxy.engine.counters.requests[5]).toBe(2);
    expect(proxy.engine.counters.requests[2]).toBe(0);
  });
});

describe("the time that a client of gRPC gives", () => {
  const request = (timeout: string) =>
    `POST /s/m HTTP/1.1\r\nHost: a.com\r\nContent-Type: application/grpc\r\ngrpc-timeout: ${timeout}\r\nContent-Length: 0\r\n\r\n`;

  function opened(timeout: string, endpointGapMs = 60_000) {
    const proxy = engineByHand({ ingresses, limits: { endpointGapMs } });
    const client = proxy.accept();
    client.say(request(timeout));
    const endpoint = proxy.endpoints[0]!;
    endpoint.events.onConnect();
    endpoint.say(Buffer.from(settingsFrame([])).toString("latin1"));
    const resets = () => framesOf(endpoint.connection.sent).filter(({ type }) => type === FrameType.RstStream);
    return { ...proxy, client, endpoint, resets };
  }

  it("is over before the rule's: grpc-status 4, and the endpoint need not go on", () => {
    const { client, engine, pass, resets } = opened("5S");
    pass(4);
    expect(client.connection.sent).toBe("");
    pass(2);
    expect(client.connection.sent).toMatch(/^HTTP\/1\.1 200 [^]*\r\ngrpc-status: 4\r\n/);
    expect(resets().map(({ payload }) => payload.readUInt32BE(0))).toEqual([8]);
    expect(engine.counters.reasons[REASON_LIST.indexOf("deadline-exceeded")]).toBe(1);
  });

  it("is over within an answer, however quickly that comes", () => {
    const { client, endpoint, pass, resets } = opened("5S");
    endpoint.say(headers(1, [[":status", "200"]]).toString("latin1"));
    for (let second = 0; second < 6; second++) {
      endpoint.say(data(1, "x").toString("latin1"));
      pass(1);
    }
    expect(client.connection.ends).toEqual(["abort"]);
    expect(resets().length).toBe(1);
  });

  it("is over while the connection opens", () => {
    const proxy = engineByHand({ ingresses });
    const client = proxy.accept();
    client.say(request("1S"));
    proxy.pass(2);
    expect(client.connection.sent).toMatch(/\r\ngrpc-status: 4\r\n/);
    expect(proxy.endpoints[0]!.connection.ends).toEqual(["close"]);
  });

  it("is never longer than the rule's", () => {
    const { client, pass } = opened("2H", 5_000);
    pass(7);
    expect(client.connection.sent).toMatch(/\r\ngrpc-status: 4\r\n/);
  });
});
