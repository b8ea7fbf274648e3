import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  answering,
  ask,
  openClient,
  type Proxy,
  startProxy,
  startEndpoint,
  statusOf,
  type TestEndpoint,
} from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a.com\r\n";
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

/** Each row: RFC 9112 or 9110 forbids it, or lenient readers differ on it. */
const refused = [
  // Length of the body.
  {
    name: "Content-Length with Transfer-Encoding",
    status: 400,
    bytes: `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  },
  {
    name: "Transfer-Encoding with Content-Length",
    status: 400,
    bytes: `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
  },
  {
    name: "two different Content-Length",
    status: 400,
    bytes: `${POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
  },
  { name: "two equal Content-Length", status: 400, bytes: `${POST}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd` },
  { name: "Content-Length with a sign", status: 400, bytes: `${POST}Content-Length: +4\r\n\r\nabcd` },
  { name: "Content-Length as a list", status: 400, bytes: `${POST}Content-Length: 4, 4\r\n\r\nabcd` },
  { name: "Content-Length in hexadecimal", status: 400, bytes: `${POST}Content-Length: 0x4\r\n\r\nabcd` },
  { name: "Content-Length with a blank inside", status: 400, bytes: `${POST}Content-Length: 4 4\r\n\r\nabcd` },
  { name: "Content-Length below zero", status: 400, bytes: `${POST}Content-Length: -1\r\n\r\n` },
  { name: "Content-Length empty", status: 400, bytes: `${POST}Content-Length:\r\n\r\n` },
  { name: "Content-Length of 20 digits", status: 400, bytes: `${POST}Content-Length: 18446744073709551620\r\n\r\n` },
  { name: "Transfer-Encoding xchunked", status: 400, bytes: `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n` },
  {
    name: "Transfer-Encoding gzip, chunked",
    status: 400,
    bytes: `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  },
  {
    name: "Transfer-Encoding chunked, chunked",
    status: 400,
    bytes: `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  },
  { name: "Transfer-Encoding quoted", status: 400, bytes: `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n` },
  { name: "Transfer-Encoding identity", status: 400, bytes: `${POST}Transfer-Encoding: identity\r\n\r\n` },
  {
    name: "two Transfer-Encoding",
    status: 400,
    bytes: `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  },
  {
    name: "Transfer-Encoding in HTTP/1.0",
    status: 400,
    bytes: "POST / HTTP/1.0\r\nHost: a.com\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  },
  // Lines and fields.
  { name: "blank before the colon", status: 400, bytes: `${GET}X-A : b\r\n\r\n` },
  { name: "obs-fold", status: 400, bytes: `${GET}X-A: b\r\n c\r\n\r\n` },
  { name: "obs-fold by tab", status: 400, bytes: `${GET}X-A: b\r\n\tc\r\n\r\n` },
  { name: "blank before the first field", status: 400, bytes: "GET / HTTP/1.1\r\n Host: a.com\r\n\r\n" },
  { name: "bare LF line ends", status: 400, bytes: "GET / HTTP/1.1\nHost: a.com\n\n" },
  { name: "bare LF in the fields", status: 400, bytes: `${GET}X-A: b\nX-B: c\r\n\r\n` },
  { name: "bare LF at the end", status: 400, bytes: `${GET}X-A: b\r\n\n` },
  { name: "bare CR in a value", status: 400, bytes: `${GET}X-A: b\rc\r\n\r\n` },
  { name: "NUL in a value", status: 400, bytes: `${GET}X-A: b\0c\r\n\r\n` },
  { name: "DEL in a value", status: 400, bytes: `${GET}X-A: b\x7fc\r\n\r\n` },
  { name: "NUL in a name", status: 400, bytes: `${GET}X\0A: b\r\n\r\n` },
  { name: "empty name", status: 400, bytes: `${GET}: b\r\n\r\n` },
  { name: "no colon", status: 400, bytes: `${GET}X-A\r\n\r\n` },
  { name: "parenthesis in a name", status: 400, bytes: `${GET}X(A): b\r\n\r\n` },
  { name: "non-ASCII name", status: 400, bytes: `${GET}X\xe9: b\r\n\r\n` },
  { name: "Connection that is no list", status: 400, bytes: `${GET}Connection: a b;\r\n\r\n` },
  // Host.
  { name: "I-H9 two Host", status: 400, bytes: `${GET}Host: a.com\r\n\r\n` },
  { name: "I-H8 no Host", status: 400, bytes: "GET / HTTP/1.1\r\n\r\n" },
  { name: "empty Host", status: 400, bytes: "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
  { name: "Host with user", status: 400, bytes: "GET / HTTP/1.1\r\nHost: u@a.com\r\n\r\n" },
  { name: "Host with path", status: 400, bytes: "GET / HTTP/1.1\r\nHost: a.com/x\r\n\r\n" },
  { name: "Host of 300 characters", status: 400, bytes: `GET / HTTP/1.1\r\nHost: ${"a".repeat(300)}\r\n\r\n` },
  { name: "Host list", status: 400, bytes: "GET / HTTP/1.1\r\nHost: a.com b.com\r\n\r\n" },
  { name: "Host as a wildcard", status: 400, bytes: "GET / HTTP/1.1\r\nHost: *.a.com\r\n\r\n" },
  // Chunks.
  { name: "chunk lines ended by LF only", status: 400, bytes: `${CHUNKED}4\nabcd\n0\n\n` },
  { name: "chunk size overflow", status: 400, bytes: `${CHUNKED}ffffffffffffffff1\r\nabcd\r\n0\r\n\r\n` },
  { name: "chunk size of zeros without end", status: 400, bytes: `${CHUNKED}${"0".repeat(64)}4\r\nabcd\r\n0\r\n\r\n` },
  { name: "bad chunk size", status: 400, bytes: `${CHUNKED}4g\r\nabcd\r\n0\r\n\r\n` },
  { name: "chunk size 0x4", status: 400, bytes: `${CHUNKED}0x4\r\nabcd\r\n0\r\n\r\n` },
  { name: "negative chunk size", status: 400, bytes: `${CHUNKED}-4\r\nabcd\r\n0\r\n\r\n` },
  { name: "no chunk size", status: 400, bytes: `${CHUNKED}\r\nabcd\r\n0\r\n\r\n` },
  { name: "blank after the chunk size", status: 400, bytes: `${CHUNKED}4 \r\nabcd\r\n0\r\n\r\n` },
  { name: "no CRLF after chunk data", status: 400, bytes: `${CHUNKED}4\r\nabcdX0\r\n\r\n` },
  { name: "LF in a chunk extension", status: 400, bytes: `${CHUNKED}4;a\nabcd\r\n0\r\n\r\n` },
  { name: "chunk extension without end", status: 400, bytes: `${CHUNKED}4;${"a".repeat(5_000)}\r\nabcd\r\n0\r\n\r\n` },
  { name: "trailer Content-Length", status: 400, bytes: `${CHUNKED}0\r\nContent-Length: 4\r\n\r\n` },
  { name: "trailer Transfer-Encoding", status: 400, bytes: `${CHUNKED}0\r\nTransfer-Encoding: chunked\r\n\r\n` },
  { name: "trailer Host", status: 400, bytes: `${CHUNKED}0\r\nhOST: b.com\r\n\r\n` },
  { name: "trailer Authorization", status: 400, bytes: `${CHUNKED}0\r\nAuthorization: x\r\n\r\n` },
  { name: "trailer X-Forwarded-For", status: 400, bytes: `${CHUNKED}0\r\nX-Forwarded-For: x\r\n\r\n` },
  { name: "trailer with blank before the colon", status: 400, bytes: `${CHUNKED}0\r\nX-A : b\r\n\r\n` },
  { name: "trailer by obs-fold", status: 400, bytes: `${CHUNKED}0\r\nX-A: b\r\n c\r\n\r\n` },
  { name: "more than 100 trailers", status: 400, bytes: `${CHUNKED}0\r\n${"A:b\r\n".repeat(101)}\r\n` },
  { name: "trailers without end", status: 400, bytes: `${CHUNKED}0\r\n${"X-A: b\r\n".repeat(1_100)}\r\n` },
  // Request line.
  { name: "HTTP/2.0", status: 400, bytes: "GET / HTTP/2.0\r\nHost: a.com\r\n\r\n" },
  { name: "HTTP/1.2", status: 400, bytes: "GET / HTTP/1.2\r\nHost: a.com\r\n\r\n" },
  { name: "HTTP/0.9", status: 400, bytes: "GET /\r\n\r\n" },
  { name: "small http/1.1", status: 400, bytes: "GET / http/1.1\r\nHost: a.com\r\n\r\n" },
  {
    name: "I-H13 the preface of HTTP/2, whose :authority could differ from Host",
    status: 400,
    bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  },
  { name: "a TLS ClientHello", status: 400, bytes: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" },
  { name: "two blanks", status: 400, bytes: "GET  / HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "two blanks before the version", status: 400, bytes: "GET /  HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "blank at the end of the line", status: 400, bytes: "GET / HTTP/1.1 \r\nHost: a.com\r\n\r\n" },
  { name: "tab in the line", status: 400, bytes: "GET\t/ HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "small method", status: 400, bytes: "get / HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "two empty lines first", status: 400, bytes: `\r\n\r\n${GET}\r\n` },
  { name: "control character in the target", status: 400, bytes: "GET /\x01 HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "target without slash", status: 400, bytes: "GET a HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "* with GET", status: 400, bytes: "GET * HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "absolute target of another scheme", status: 400, bytes: "GET ftp://a.com/ HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "absolute target with user", status: 400, bytes: "GET http://u@a.com/ HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "absolute target without host", status: 400, bytes: "GET http:/// HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "path above the root", status: 400, bytes: "GET /../x HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "%00 in the path", status: 400, bytes: "GET /%00 HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "CONNECT", status: 405, bytes: "CONNECT a.com:443 HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  { name: "TRACE", status: 405, bytes: "TRACE / HTTP/1.1\r\nHost: a.com\r\n\r\n" },
  // Sizes.
  { name: "request line over 8 KiB", status: 414, bytes: `GET /${"a".repeat(8_192)} HTTP/1.1\r\nHost: a.com\r\n\r\n` },
  { name: "101 fields", status: 431, bytes: `${GET}${"X-A: b\r\n".repeat(100)}\r\n` },
  { name: "head over 32 KiB", status: 431, bytes: `${GET}${`X-A: ${"b".repeat(1_000)}\r\n`.repeat(33)}\r\n` },
];

describe("strict requests", () => {
  let endpoint: TestEndpoint;
  let proxy: Proxy;
  beforeAll(async () => {
    endpoint = await startEndpoint(answering("ok"));
    proxy = await startProxy({ s: [endpoint.port] });
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await endpoint[Symbol.asyncDispose]();
  });

  it.each(refused)("answers $status and closes: $name", async ({ bytes, status }) => {
    // A request that is hidden behind must not be answered.
    const text = await ask(proxy.port, `${bytes}GET /hidden HTTP/1.1\r\nHost: a.com\r\n\r\n`);
    expect(statusOf(text)).toBe(status);
    expect(text).toContain("\r\nConnection: close\r\n");
    expect(text).toContain("\r\nServer: hawser\r\n");
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(endpoint.received()).not.toContain("hidden");
  });

  it.each(refused)("answers $status whatever the packets: $name", async ({ bytes, status }) => {
    using client = openClient(proxy.port);
    const pieces = bytes.length > 2_000 ? [bytes.slice(0, 700), bytes.slice(700)] : bytes.split("");
    for (const piece of pieces) client.socket.write(Buffer.from(piece, "latin1"));
    expect(statusOf((await client.ended()).text)).toBe(status);
  });

  it.each([
    { name: "an empty line first", bytes: `\r\n${GET}\r\n` },
    { name: "100 fields", bytes: `${GET}${"X-A: b\r\n".repeat(99)}\r\n` },
    { name: "a head of 32 KiB", bytes: `${GET}X-A: ${"b".repeat(32_000)}\r\n\r\n` },
    { name: "a target of 8 KiB", bytes: `GET /${"a".repeat(8_170)} HTTP/1.1\r\nHost: a.com\r\n\r\n` },
    {
      name: "I-H10 an absolute target that overrides Host",
      bytes: "GET http://a.com/x HTTP/1.1\r\nHost: b.com\r\n\r\n",
    },
    { name: "an absolute target without path", bytes: "GET http://a.com?q HTTP/1.1\r\nHost: a.com\r\n\r\n" },
    { name: "OPTIONS *", bytes: "OPTIONS * HTTP/1.1\r\nHost: a.com\r\n\r\n" },
    { name: "Host in capitals with port and dot", bytes: "GET / HTTP/1.1\r\nhOsT: A.COM.:80\r\n\r\n" },
    { name: "blanks around a value, none after the colon", bytes: `${GET}X-A: \t b \t\r\nX-B:c\r\nX-C:\r\n\r\n` },
    { name: "UTF-8 in a value", bytes: `${GET}X-A: \xc3\xa9\r\n\r\n` },
    { name: "Content-Length 0", bytes: `${GET}Content-Length: 0\r\n\r\n` },
    { name: "Transfer-Encoding Chunked in capitals", bytes: `${POST}Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n` },
    { name: "100 trailers", bytes: `${CHUNKED}0\r\n${"A:b\r\n".repeat(100)}\r\n` },
    { name: "chunk extension and trailer", bytes: `${CHUNKED}4;a="b"\r\nabcd\r\n0;x\r\nX-Sum: 1\r\n\r\n` },
  ])("serves $name", async ({ bytes }) => {
    using client = openClient(proxy.port);
    client.send(bytes);
    expect(statusOf(await client.until((text) => text.endsWith("ok")))).toBe(200);
  });
});
