import { describe, expect, it } from "vitest";
import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, FrameType } from "#src/http2/frame-head.ts";
import { data, GET, headers, rawClient } from "#test/support/http2-client.ts";
import { block, frame } from "#test/support/http2-frames.ts";
import { answering, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

type Fields = readonly (readonly [string, string])[];

const without = (name: string): Fields => GET.filter(([one]) => one !== name);
const withValue = (name: string, value: string): Fields =>
  GET.map((field) => (field[0] === name ? [name, value] : field));
const and = (...fields: Fields): Fields => [...GET, ...fields];
const POST: Fields = withValue(":method", "POST");

/** Sends a request, and a good one after it; resolves with how the first one ended and what the endpoint got of both. */
async function outcome(...frames: readonly Buffer[]) {
  await using endpoint = await startEndpoint(answering("ok"));
  await using proxy = await startProxy({ s: [endpoint.port] }, { isPlainHttp2On: true });
  using client = rawClient(proxy.port);
  client.send(...frames, headers(3, withValue(":path", "/after")));
  await client.until(() => client.streams.get(3)?.isEnded === true);
  const first = client.streams.get(1);
  return {
    reset: first?.reset,
    status: first?.heads[0]?.[0],
    seen: endpoint
      .received()
      .split("\r\n")
      .filter((line) => line.endsWith(" HTTP/1.1")),
    received: endpoint.received(),
  };
}

describe("the strict reader of HTTP/2", () => {
  it.each<[name: string, fields: Fields]>([
    ["no method", without(":method")],
    ["no path", without(":path")],
    ["no scheme", without(":scheme")],
    ["an empty method", withValue(":method", "")],
    ["an empty path", withValue(":path", "")],
    ["an empty scheme", withValue(":scheme", "")],
    ["a scheme that is not HTTP's", withValue(":scheme", "ftp")],
    ["a scheme of WebSocket", withValue(":scheme", "wss")],
    ["more than a scheme", withValue(":scheme", "https://b.com/?")],
    ["a blank in the scheme", withValue(":scheme", "https ")],
    ["a line end in the scheme", withValue(":scheme", "http\r\nx-forwarded-proto: https")],
    ["two schemes", [...GET.slice(0, 2), [":scheme", "https"], ...GET.slice(2)]],
    ["the same scheme twice", [...GET.slice(0, 2), [":scheme", "http"], ...GET.slice(2)]],
    ["two methods", and([":method", "GET"])],
    ["two paths", [...GET.slice(0, 3), [":path", "/b"], ...GET.slice(3)]],
    ["two authorities", and([":authority", "a.com"])],
    ["a pseudo-field of answers", and([":status", "200"])],
    ["a pseudo-field that is not known", and([":other", "x"])],
    ["a pseudo-field behind a field", [...GET.slice(0, 3), ["x", "y"], [":authority", "a.com"]]],
    ["another line in a value", and(["x", "y\r\nx-real-ip: 10.0.0.1"])],
    ["another request in a value", and(["x", "y\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.com"])],
    ["LF alone in a value", and(["x", "y\nz: 1"])],
    ["NUL in a value", and(["x", "y\0z"])],
    ["a control character in a value", and(["x", "y\u0001z"])],
    ["a blank before a value", and(["x", " y"])],
    ["a tab behind a value", and(["x", "y\t"])],
    ["a capital letter in a name", and(["X-Y", "z"])],
    ["a blank in a name", and(["x y", "z"])],
    ["a colon in a name", and(["x:y", "z"])],
    ["a line end in a name", and(["x: y\r\nz", "1"])],
    ["an empty name", and(["", "z"])],
    ["a request in the method", withValue(":method", "GET /smuggled HTTP/1.1\r\nHost: a.com\r\nX: ")],
    ["a blank in the method", withValue(":method", "GET /x")],
    ["a small letter in the method", withValue(":method", "get")],
    ["a blank in the path", withValue(":path", "/ HTTP/1.1\r\nx: y")],
    ["another host in the path", withValue(":path", "http://b.com/")],
    ["a path without slash", withValue(":path", "x")],
    ["a blank in the authority", withValue(":authority", "a.com b")],
    ["a line end in the authority", withValue(":authority", "a.com\r\nx: y")],
    ["an empty authority", withValue(":authority", "")],
    ["another Host", and(["host", "b.com"])],
    ["two Hosts", and(["host", "a.com"], ["host", "a.com"])],
    ["connection", and(["connection", "close"])],
    ["keep-alive", and(["keep-alive", "timeout=5"])],
    ["proxy-connection", and(["proxy-connection", "close"])],
    ["transfer-encoding", and(["transfer-encoding", "chunked"])],
    ["upgrade", and(["upgrade", "websocket"])],
    ["te with more than trailers", and(["te", "trailers, deflate"])],
    ["a length of a request without body", and(["content-length", "5"])],
    ["two lengths", and(["content-length", "0"], ["content-length", "0"])],
    ["a list of lengths", and(["content-length", "0, 0"])],
    ["a length with a sign", and(["content-length", "+0"])],
    ["a protocol without CONNECT", and([":protocol", "websocket"])],
    ["CONNECT with a path", withValue(":method", "CONNECT")],
  ])("resets the stream of a request with %s; nothing of it reaches an endpoint", async (_name, fields) => {
    expect(await outcome(headers(1, fields))).toMatchObject({
      reset: ErrorCode.ProtocolError,
      status: undefined,
      seen: ["GET /after HTTP/1.1"],
    });
  });

  it.each<[name: string, frames: Buffer[]]>([
    ["more data than its length", [headers(1, [...POST, ["content-length", "3"]], 0), data(1, "abcd")]],
    ["less data than its length", [headers(1, [...POST, ["content-length", "5"]], 0), data(1, "abcd")]],
    ["an end without its data", [headers(1, [...POST, ["content-length", "5"]], 0), data(1, "")]],
    ["trailers with a pseudo-field", [headers(1, POST, 0), headers(1, [[":path", "/x"]])]],
    ["trailers that do not end it", [headers(1, POST, 0), headers(1, [["x", "y"]], 0)]],
    ["trailers with a line end", [headers(1, POST, 0), headers(1, [["x", "y\r\n\r\nGET /smuggled HTTP/1.1"]])]],
    ["trailers with transfer-encoding", [headers(1, POST, 0), headers(1, [["transfer-encoding", "chunked"]])]],
  ])("resets the stream of a request with %s", async (_name, frames) => {
    const { reset, received } = await outcome(...frames);
    expect(reset).toBe(ErrorCode.ProtocolError);
    expect(received).not.toContain("/smuggled");
    expect(received).not.toContain("\r\n0\r\n\r\n");
  });

  it.each<[name: string, fields: Fields, status: string]>([
    ["TRACE", withValue(":method", "TRACE"), ":status: 405"],
    [
      "CONNECT",
      [
        [":method", "CONNECT"],
        [":authority", "a.com:443"],
      ],
      ":status: 405",
    ],
    ["a host that cannot be one", withValue(":authority", "a.com:x"), ":status: 400"],
    ["* as the target of GET", withValue(":path", "*"), ":status: 400"],
    ["no host", without(":authority"), ":status: 400"],
    ["userinfo", withValue(":authority", "user@a.com"), ":status: 400"],
    ["an expectation that is not known", and(["expect", "x"]), ":status: 417"],
    ["a long target", withValue(":path", `/${"a".repeat(9_000)}`), ":status: 414"],
    ["a large head", and(["x", "a".repeat(40_000)]), ":status: 431"],
    ["many fields", and(...Array.from({ length: 100 }, (_, index) => [`x${index}`, "y"] as const)), ":status: 431"],
  ])("answers a request with %s by its status, and goes on", async (_name, fields, status) => {
    const bytes = block(fields);
    const parts = [bytes.subarray(0, 16_384), bytes.subarray(16_384, 32_768), bytes.subarray(32_768)];
    const frames = parts
      .filter((part, index) => index === 0 || part.length > 0)
      .map((part, index, all) =>
        frame(
          index === 0 ? FrameType.Headers : FrameType.Continuation,
          (index === 0 ? Flag.EndStream : 0) | (index === all.length - 1 ? Flag.EndHeaders : 0),
          1,
          part,
        ),
      );
    expect(await outcome(...frames)).toMatchObject({ reset: undefined, status, seen: ["GET /after HTTP/1.1"] });
  });

  it("gives an endpoint the head in HTTP/1.1: Host of the authority, cookies as one field, no field of a proxy", async () => {
    const { received } = await outcome(
      headers(1, [
        ...GET,
        ["cookie", "a=1"],
        ["x-forwarded-for", "10.0.0.1"],
        ["te", "trailers"],
        ["cookie", "b=2"],
        ["host", "a.com"],
        ["x", ""],
      ]),
    );
    const [head = ""] = received.split("\r\n\r\n");
    expect(head.split("\r\n").filter((line) => !/^X-(Forwarded|Real|Hawser|Request)/.test(line))).toEqual([
      "GET / HTTP/1.1",
      "host: a.com",
      "cookie: a=1; b=2",
      "x: ",
    ]);
    expect(head).toContain("X-Forwarded-For: 127.0.0.1");
    expect(head).not.toContain("10.0.0.1");
  });

  it("gives data without length in chunks, with its trailers, and refuses those that a proxy must not pass", async () => {
    const good = await outcome(headers(1, POST, 0), data(1, "ab", 0), data(1, "cd", 0), headers(1, [["x-sum", "1"]]));
    expect(good.received).toContain("\r\nTransfer-Encoding: chunked\r\n");
    expect(good.received).toContain("\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\nx-sum: 1\r\n\r\n");
    const bad = await outcome(headers(1, POST, 0), data(1, "ab", 0), headers(1, [["authorization", "x"]]));
    expect(bad.status).toBe(":status: 400");
    expect(bad.received).not.toContain("authorization");
  });
});
