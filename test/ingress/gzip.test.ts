import { randomBytes } from "node:crypto";
import { get } from "node:http";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { acceptsGzip } from "#src/filters/accepts-gzip.ts";
import { mayGzip } from "#src/filters/may-gzip.ts";
import { GzipBody } from "#ingress/engine/gzip-body.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { ask, openClient, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

const TEXT = "All that is gold does not glitter. ".repeat(40);

/** An answer of an endpoint. */
function answerOf({
  status = "200 OK",
  lines = "Content-Type: text/html\r\n",
  body = TEXT,
  isChunked = false,
}): string {
  const length = isChunked ? "Transfer-Encoding: chunked\r\n" : `Content-Length: ${body.length}\r\n`;
  const half = Math.floor(body.length / 2);
  const chunk = (text: string) => (text === "" ? "" : `${text.length.toString(16)}\r\n${text}\r\n`);
  const framed = isChunked ? `${chunk(body.slice(0, half))}${chunk(body.slice(half))}0\r\n\r\n` : body;
  return `HTTP/1.1 ${status}\r\n${lines}${length}\r\n${framed}`;
}

const cases = [
  { name: "text", answer: {}, isGzipped: true },
  { name: "chunks", answer: { isChunked: true }, isGzipped: true },
  { name: "types with parameters", answer: { lines: "content-type: Text/CSS; charset=utf-8\r\n" }, isGzipped: true },
  { name: "404", answer: { status: "404 Not Found", lines: "Content-Type: application/json\r\n" }, isGzipped: true },
  { name: "500", answer: { status: "500 Oops" }, isGzipped: false },
  {
    name: "206",
    answer: { status: "206 Partial Content", lines: "Content-Type: text/html\r\nContent-Range: bytes 0-1399/2800\r\n" },
    isGzipped: false,
  },
  { name: "short", answer: { body: TEXT.slice(0, 255) }, isGzipped: false },
  { name: "256 bytes", answer: { body: TEXT.slice(0, 256) }, isGzipped: true },
  { name: "images", answer: { lines: "Content-Type: image/png\r\n" }, isGzipped: false },
  { name: "no type", answer: { lines: "" }, isGzipped: false },
  { name: "events", answer: { lines: "Content-Type: text/event-stream\r\n" }, isGzipped: false },
  {
    name: "what is encoded",
    answer: { lines: "Content-Type: text/html\r\nContent-Encoding: br\r\n" },
    isGzipped: false,
  },
];

const TYPES = "text/css application/json image/svg+xml";
const requestOf = (accept: string, more = "") =>
  `GET / HTTP/1.1\r\nHost: a.com\r\n${accept === "" ? "" : `Accept-Encoding: ${accept}\r\n`}${more}Connection: close\r\n\r\n`;

/** What of a head says how a body is encoded, and the body as a client sees it. */
async function received(port: number, accept: string) {
  return await new Promise<{ status: number; fields: Readonly<Record<string, unknown>>; text: string }>(
    (resolve, reject) => {
      const headers = { host: "a.com", connection: "close", ...(accept !== "" && { "accept-encoding": accept }) };
      get({ port, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part)).on("error", reject);
        response.on("end", () => {
          const { "content-encoding": encoding, vary, etag, "accept-ranges": ranges } = response.headers;
          const body = Buffer.concat(parts);
          const fields = { encoding, vary, etag, ranges };
          resolve({
            status: response.statusCode ?? 0,
            fields,
            text: (encoding === "gzip" ? gunzipSync(body) : body).toString("latin1"),
          });
        });
      }).on("error", reject);
    },
  );
}

describe("acceptsGzip()", () => {
  it.each([
    { values: ["gzip, deflate, br"], expected: true },
    { values: ["br", "X-GZIP;q=0.5"], expected: true },
    { values: ["gzip;q=0"], expected: false },
    { values: ["gzip; q = 0.000"], expected: false },
    { values: ["gzip;q=0.001"], expected: true },
    { values: ["br, *", "identity"], expected: false },
    { values: [], expected: false },
  ])("D $values: $expected", ({ values, expected }) => {
    expect(acceptsGzip(values)).toBe(expected);
  });
});

describe("mayGzip()", () => {
  const html = {
    status: 200,
    contentLength: 1_000,
    contentType: "text/html",
    contentEncoding: undefined,
    cacheControl: undefined,
  };
  it.each(["no-transform", "public, No-Transform", "no-transform,max-age=5"])(
    "D leaves answers with %s as they are",
    (cacheControl) => {
      expect([mayGzip({ ...html, cacheControl }), mayGzip({ ...html, cacheControl: "x-no-transform-y" })]).toEqual([
        false,
        true,
      ]);
    },
  );
});

describe("GzipBody", () => {
  it("D is one member of gzip, whatever the parts are", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), { maxLength: 8 }), (parts) => {
        const body = new GzipBody();
        const chunks = [...parts.map((part) => body.add(Buffer.from(part), 0, part.length)), body.end()];
        expect(gunzipSync(unframed(Buffer.concat(chunks)))).toEqual(Buffer.concat(parts));
      }),
      { numRuns: 50 },
    );
  });
});

describe("GzipBody, part by part", () => {
  it.each([
    { length: 1, isStored: true },
    { length: 255, isStored: true },
    { length: 256, isStored: false },
  ])("D stores a part of $length bytes: $isStored", ({ length, isStored }) => {
    const part = Buffer.alloc(length, "a");
    expect(new GzipBody().add(part, 0, length).includes(part)).toBe(isStored);
  });
});

/** The data of a chunked body. */
function unframed(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf("\r\n", at);
    const length = Number.parseInt(bytes.toString("latin1", at, end), 16);
    if (length === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

describe("--gzip", () => {
  it.each(cases)("D compresses $name: $isGzipped", async ({ answer, isGzipped }) => {
    await using endpoint = await startEndpoint((socket) => socket.write(answerOf(answer)));
    await using proxy = await startProxy({ s: [endpoint.port] }, { gzipsAnswers: true });
    const { fields, text } = await received(proxy.port, "gzip");
    expect(text).toBe(answer.body ?? TEXT);
    expect([fields["encoding"] === "gzip", fields["vary"]]).toEqual([
      isGzipped,
      isGzipped ? "Accept-Encoding" : undefined,
    ]);
    const plain = await received(proxy.port, "br");
    expect([plain.text, plain.fields["vary"]]).toEqual([text, fields["vary"]]);
  });

  it("D makes a strong ETag weak, and promises no ranges", async () => {
    const lines = 'Content-Type: text/css\r\nETag: "abc"\r\nAccept-Ranges: bytes\r\nX-Own: 1\r\n';
    await using endpoint = await startEndpoint((socket) => socket.write(answerOf({ lines })));
    await using proxy = await startProxy({ s: [endpoint.port] }, { gzipsAnswers: true });
    expect((await received(proxy.port, "gzip")).fields).toEqual({
      encoding: "gzip",
      vary: "Accept-Encoding",
      etag: 'W/"abc"',
    });
    expect((await received(proxy.port, "")).fields).toEqual({
      vary: "Accept-Encoding",
      etag: '"abc"',
      ranges: "bytes",
    });
  });

  it("D leaves a tunnel as it is, also where another endpoint's answer would have been compressed", async () => {
    await using first = await startEndpoint((socket) => socket.write(answerOf({ status: "404 Not Found" })));
    await using second = await startEndpoint((socket, text) => {
      if (text.startsWith("GET")) socket.write("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello");
      else socket.write(text);
    });
    const ingresses = [annotatedIngress({ "proxy-next-upstream": "http_404" })];
    const ports = { s: [first.port, second.port] };
    await using proxy = await startProxy(ports, { ingresses, gzipsAnswers: true });
    for (let tunnels = 0; tunnels < 2; tunnels++) {
      using client = openClient(proxy.port);
      const upgrade = "Connection: upgrade\r\nUpgrade: x\r\n";
      client.send(requestOf("gzip", upgrade).replace("Connection: close\r\n", ""));
      await until("the tunnel", () => client.text().endsWith("\r\n\r\nhello"));
      client.send("more");
      await until("what goes through it", () => client.text().endsWith("\r\n\r\nhellomore"));
    }
    expect(first.received()).toContain("GET");
  });

  it("D keeps the connection, and compresses each answer on it", async () => {
    await using endpoint = await startEndpoint((socket) => socket.write(answerOf({ isChunked: true })));
    await using proxy = await startProxy({ s: [endpoint.port] }, { gzipsAnswers: true });
    const keep = requestOf("gzip").replace("Connection: close\r\n", "");
    const answers = await ask(proxy.port, keep + keep.replace("gzip", "none") + requestOf("gzip"));
    expect(answers.match(/^(?:content-encoding|transfer-encoding|content-length): .*$/gim)).toEqual([
      "Content-Encoding: gzip",
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: chunked",
      "Content-Encoding: gzip",
      "Transfer-Encoding: chunked",
    ]);
    expect(endpoint.connections).toHaveLength(1);
  });

  it("D sends each part when it comes", async () => {
    await using endpoint = await startEndpoint((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`),
    );
    await using proxy = await startProxy({ s: [endpoint.port] }, { gzipsAnswers: true });
    using client = openClient(proxy.port);
    client.send(requestOf("gzip"));
    const text = await client.until((got) => got.length > got.indexOf("\r\n\r\n") + 20);
    // A reader of gzip that does not wait for the end has it already.
    const [, part = ""] = /\r\n\r\n[0-9a-f]+\r\n([^]*)\r\n$/.exec(text) ?? [];
    expect(gunzipSync(Buffer.from(part, "latin1"), { finishFlush: 2 }).toString()).toBe("first");
    endpoint.connections[0]!.destroy();
    expect((await client.ended()).text.endsWith("0\r\n\r\n")).toBe(false);
  });

  it("D compresses large answers as they come, with little memory and at a limited rate, too", async () => {
    const body = randomBytes(3_000_000).toString("latin1");
    const ingresses = [annotatedIngress({ "limit-rate": "9999", "enable-cors": "true" })];
    await using endpoint = await startEndpoint((socket) => socket.write(Buffer.from(answerOf({ body }), "latin1")));
    await using proxy = await startProxy({ s: [endpoint.port] }, { gzipsAnswers: true, ingresses });
    const { text, fields } = await received(proxy.port, "gzip");
    expect([text === body, fields["encoding"]]).toEqual([true, "gzip"]);
  });

  it.each([
    { request: requestOf("gzip").replace("HTTP/1.1", "HTTP/1.0"), why: "HTTP/1.0" },
    { request: requestOf("gzip").replace("GET", "HEAD"), why: "HEAD" },
  ])("D is not for $why", async ({ request }) => {
    await using endpoint = await startEndpoint((socket, text) =>
      socket.end(answerOf({ body: text.startsWith("HEAD") ? "" : TEXT })),
    );
    await using proxy = await startProxy({ s: [endpoint.port] }, { gzipsAnswers: true });
    expect(await ask(proxy.port, request)).not.toContain("Content-Encoding");
  });

  it("D is off by default", async () => {
    await using endpoint = await startEndpoint((socket) => socket.write(answerOf({})));
    await using proxy = await startProxy({ s: [endpoint.port] });
    expect((await received(proxy.port, "gzip")).fields).toEqual({});
  });

  it.skipIf(!hasNginx())("D compresses what nginx does", async () => {
    const location = `gzip on; gzip_vary on; gzip_min_length 256; gzip_proxied any; gzip_types ${TYPES};`;
    const etag = 'Content-Type: text/html\r\nETag: "abc"\r\nAccept-Ranges: bytes\r\n';
    for (const { name, answer } of [...cases, { name: "ETag", answer: { lines: etag } }]) {
      await using endpoint = await startEndpoint((socket) => socket.end(answerOf(answer)));
      await using nginx = await startNginx({ endpointPort: endpoint.port, location });
      await using proxy = await startProxy({ s: [endpoint.port] }, { gzipsAnswers: true });
      for (const accept of ["gzip", "", "br, gzip;q=0"])
        expect(await received(proxy.port, accept), `${name} ${accept}`).toEqual(await received(nginx.port, accept));
    }
  });
});
