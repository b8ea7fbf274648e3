import { randomBytes } from "node:crypto";
import { get } from "node:http";
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from "node:zlib";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import type { ContentCoding } from "#src/filters/accepted-codings.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { compressionsBy } from "#test/support/compressions.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import { ask, openClient, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

const ALL = compressionsBy("zstd", "br", "gzip");
const CODINGS = ["gzip", "br", "zstd"] as const;
const GZIP = compressionsBy("gzip");
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

type Client = ReturnType<typeof openClient>;
type Endpoint = Awaited<ReturnType<typeof startEndpoint>>;

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
    answer: { lines: "Content-Type: text/html\r\nContent-Encoding: compress\r\n" },
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
            text: (isCoding(encoding) && accept.toLowerCase().includes(encoding)
              ? READERS[encoding](body)
              : body
            ).toString("latin1"),
          });
        });
      }).on("error", reject);
    },
  );
}

function isCoding(text: string | undefined): text is ContentCoding {
  return text !== undefined && Object.hasOwn(READERS, text);
}

const DECODERS = { gzip: createGunzip, br: createBrotliDecompress, zstd: createZstdDecompress };

const READERS: Readonly<Record<ContentCoding, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes),
  br: (bytes) => brotliDecompressSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
};

describe("--gzip", () => {
  it.each(cases)("D compresses $name: $isGzipped", async ({ answer, isGzipped }) => {
    await using endpoint = await startEndpoint((socket) => socket.write(answerOf(answer)));
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: GZIP });
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
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: GZIP });
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
    await using proxy = await startProxy(ports, { ingresses, compressions: GZIP });
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

  it.each(CODINGS)("D %s: keeps the connection, and compresses each answer on it", async (coding) => {
    await using endpoint = await startEndpoint((socket) => socket.write(answerOf({ isChunked: true })));
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: compressionsBy(coding) });
    const keep = requestOf(coding).replace("Connection: close\r\n", "");
    const answers = await ask(proxy.port, keep + keep.replace(coding, "none") + requestOf(coding));
    expect(answers.match(/^(?:content-encoding|transfer-encoding|content-length): .*$/gim)).toEqual([
      `Content-Encoding: ${coding}`,
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: chunked",
      `Content-Encoding: ${coding}`,
      "Transfer-Encoding: chunked",
    ]);
    expect(endpoint.connections).toHaveLength(1);
  });

  it.each(CODINGS)("D %s: sends each event when it comes", async (coding) => {
    const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let isAsked = false;
    await using endpoint = await startEndpoint((socket) => {
      socket.write(head);
      isAsked = true;
    });
    const compressions = compressionsBy(coding).map((one) => ({ ...one, types: new Set(["text/event-stream"]) }));
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions });
    const reader = DECODERS[coding]();
    const asked = get({ port: proxy.port, headers: { host: "a.com", "accept-encoding": coding } });
    asked.on("error", () => undefined).on("response", (response) => response.pipe(reader));
    let text = "";
    reader.on("data", (part: Buffer) => (text += part.toString("latin1")));
    await until("the request", () => isAsked);
    for (const event of ["data: 1\n\n", "data: second\n\n", `data: ${"x".repeat(3_000)}\n\n`]) {
      const before = text;
      endpoint.connections[0]!.write(`${event.length.toString(16)}\r\n${event}\r\n`);
      await until("the event", () => text === before + event);
    }
    asked.socket?.resetAndDestroy();
    await until("the compressor to be given up", () => proxy.engine.compressors.streams === 0);
  });

  it.each(CODINGS)(
    "D %s: an answer that is whole before its request is sent, and the rest of the request is dropped",
    async (coding) => {
      const { accept, endpoints } = engineByHand({ compressions: compressionsBy(coding) });
      const client = accept();
      client.say(requestOf(coding).replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 1000\r\n\r\nbegin"));
      endpoints[0]!.events.onConnect();
      endpoints[0]!.say(answerOf({ isChunked: true }));
      client.say("more of the body");
      await until("the end of the answer", () => client.connection.ends.length > 0);
      expect(client.connection.sent).toContain(`Content-Encoding: ${coding}`);
      expect(client.connection.ends).toEqual(["end"]);
    },
  );

  it.each(CODINGS)("D %s: an answer that breaks off is not taken for a whole one", async (coding) => {
    await using endpoint = await startEndpoint((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`),
    );
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: compressionsBy(coding) });
    using client = openClient(proxy.port);
    client.send(requestOf(coding));
    await client.until((got) => got.length > got.indexOf("\r\n\r\n") + 12);
    endpoint.connections[0]!.destroy();
    expect((await client.ended()).text.endsWith("0\r\n\r\n")).toBe(false);
    expect(proxy.engine.compressors.streams).toBe(0);
  });

  it.each(CODINGS)("D %s: compresses large answers as they come, at a limited rate, too", async (coding) => {
    const body = randomBytes(3_000_000).toString("latin1");
    const ingresses = [annotatedIngress({ "limit-rate": "9999", "enable-cors": "true" })];
    await using endpoint = await startEndpoint((socket) => socket.write(Buffer.from(answerOf({ body }), "latin1")));
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: compressionsBy(coding), ingresses });
    const { text, fields } = await received(proxy.port, coding);
    expect([text === body, fields["encoding"]]).toEqual([true, coding]);
  });

  it.each(CODINGS)("D %s: reads no more from the endpoint than the client does", async (coding) => {
    const body = randomBytes(25_000_000).toString("latin1");
    await using endpoint = await startEndpoint((socket) => socket.end(Buffer.from(answerOf({ body }), "latin1")));
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: compressionsBy(coding) });
    using client = openClient(proxy.port);
    client.socket.pause();
    client.send(requestOf(coding));
    let sent = 0;
    await until("the endpoint to be held back", () => {
      const before = sent;
      sent = endpoint.connections[0]?.bytesWritten ?? 0;
      return sent > 0 && sent === before && proxy.engine.unsent.total > 0;
    });
    proxy.engine.unsent.look();
    expect(proxy.engine.unsent.total).toBeLessThan(1_000_000);
    client.socket.resume();
    expect((await client.ended()).text.endsWith("\r\n0\r\n\r\n")).toBe(true);
    expect(proxy.engine.compressors.streams).toBe(0);
  });

  it.each([
    { request: requestOf("gzip").replace("HTTP/1.1", "HTTP/1.0"), why: "HTTP/1.0" },
    { request: requestOf("gzip").replace("GET", "HEAD"), why: "HEAD" },
  ])("D is not for $why", async ({ request }) => {
    await using endpoint = await startEndpoint((socket, text) =>
      socket.end(answerOf({ body: text.startsWith("HEAD") ? "" : TEXT })),
    );
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: GZIP });
    expect(await ask(proxy.port, request)).not.toContain("Content-Encoding");
  });

  it.each([
    { accept: "gzip, deflate, br, zstd", offered: ALL, coding: "zstd" },
    { accept: "gzip, deflate, br", offered: ALL, coding: "br" },
    { accept: "gzip, deflate, br, zstd", offered: GZIP, coding: "gzip" },
    { accept: "br, zstd", offered: GZIP, coding: undefined },
  ])("D a client that accepts $accept gets $coding of $offered.length codings", async ({ accept, offered, coding }) => {
    const body = randomBytes(300_000).toString("hex");
    await using endpoint = await startEndpoint((socket) => socket.write(answerOf({ body })));
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: offered });
    const { text, fields } = await received(proxy.port, accept);
    expect([text === body, fields["encoding"], fields["vary"]]).toEqual([true, coding, "Accept-Encoding"]);
    expect(proxy.engine.compressors.streams).toBe(0);
  });

  it.each<{ name: string; end: (client: Client, endpoint: Endpoint) => void }>([
    { name: "a client that goes", end: (client) => client.socket.resetAndDestroy() },
    { name: "an endpoint that breaks off", end: (_, endpoint) => endpoint.connections[0]!.destroy() },
  ])("D $name leaves no compressor behind", async ({ end }) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`;
    await using endpoint = await startEndpoint((socket) => socket.write(head));
    await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: compressionsBy("br") });
    using client = openClient(proxy.port);
    client.send(requestOf("br"));
    await client.until((got) => got.includes("Content-Encoding: br"));
    expect(proxy.engine.compressors.streams).toBe(1);
    end(client, endpoint);
    await until("the compressor to be given up", () => proxy.engine.compressors.streams === 0);
  });

  it("D an answer that another endpoint, or another Service, gives in its place leaves no compressor behind", async () => {
    await using bad = await startEndpoint((socket) => socket.write(answerOf({ status: "404 Not Found" })));
    await using good = await startEndpoint((socket) => socket.write(answerOf({})));
    const pages = { "custom-http-errors": "404", "default-backend": "pages" };
    for (const annotations of [{ "proxy-next-upstream": "http_404" }, pages]) {
      const ports = { s: [bad.port, ...("custom-http-errors" in annotations ? [] : [good.port])], pages: [good.port] };
      await using proxy = await startProxy(ports, {
        ingresses: [annotatedIngress(annotations)],
        compressions: compressionsBy("zstd"),
      });
      for (let asked = 0; asked < 2; asked++) expect((await received(proxy.port, "zstd")).text).toBe(TEXT);
      expect(proxy.engine.compressors.streams).toBe(0);
    }
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
      await using proxy = await startProxy({ s: [endpoint.port] }, { compressions: GZIP });
      for (const accept of ["gzip", "", "br, gzip;q=0", "deflate, gzip;q=0.5", "gzip;q=0.000", "gzip;q=2", "GZip"])
        expect(await received(proxy.port, accept), `${name} ${accept}`).toEqual(await received(nginx.port, accept));
    }
  });
});
