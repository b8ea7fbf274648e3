import { describe, expect, it } from "vitest";
import { headRoom } from "#ingress/engine/h1/forwarded-response.ts";
import { ResponseHead } from "#ingress/engine/response-head.ts";
import { readAnswerSettings } from "#ingress/answer-options.ts";
import { type Engine } from "#ingress/engine/engine.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nOrigin: https://b.com\r\nConnection: close\r\n\r\n";

const DEFAULTS = {
  allowedResponseHeaders: [],
  hideResponseHeaders: [] as readonly string[],
  hsts: false,
  hstsMaxAge: 31_536_000,
  hstsIncludeSubdomains: true,
  hstsPreload: false,
  gzip: false,
  gzipLevel: 1,
  gzipMinLength: 256,
  gzipTypes: [] as readonly string[],
  brotli: false,
  brotliLevel: 4,
  brotliMinLength: 20,
  brotliTypes: [],
  zstd: false,
  zstdLevel: 3,
  zstdMinLength: 256,
  zstdTypes: [],
};

function fieldsOf(options: Partial<typeof DEFAULTS>) {
  const read = readAnswerSettings({ ...DEFAULTS, ...options });
  if (!read.ok) throw new Error(read.problems[0]?.why);
  return read.value.fields;
}

/** The answer to a request that comes by TLS, as far as the engine can tell. */
async function askSecurely(port: number, engine: Engine): Promise<string> {
  const accept = engine.accept.bind(engine);
  engine.accept = (connection) => accept(Object.defineProperty(connection, "isSecure", { value: true }));
  return await ask(port, GET);
}

const linesOf = (answer: string, form: RegExp) =>
  answer
    .split("\r\n\r\n")[0]!
    .split("\r\n")
    .filter((line) => form.test(line));

describe("--hide-response-headers", () => {
  it("D leaves fields of endpoints out, for all Ingresses, and in answers of Hawser too", async () => {
    await using endpoint = await startEndpoint((socket) =>
      socket.end("HTTP/1.1 200 OK\r\nX-Powered-By: PHP\r\nServer: theirs\r\nX-Own: 1\r\nContent-Length: 2\r\n\r\nok"),
    );
    const answerFields = fieldsOf({ hideResponseHeaders: ["X-Powered-By", "server"] });
    for (const annotations of [{}, { "enable-cors": "true" }]) {
      const ingresses = [annotatedIngress(annotations)];
      await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, answerFields });
      const answer = await ask(proxy.port, GET);
      expect(linesOf(answer, /^(?:x-|server|content-length)/i)).toEqual(["X-Own: 1", "Content-Length: 2"]);
      expect(answer.includes("Access-Control-Allow-Origin: *")).toBe("enable-cors" in annotations);
      proxy.setEndpoints({ s: [] });
      expect(linesOf(await ask(proxy.port, GET), /^(?:server|content-length)/i)).toEqual(["Content-Length: 24"]);
    }
  });

  it.each(["Content-Length", "transfer-encoding", "X Y", "Connection"])("D cannot hide %s", (name) => {
    const read = readAnswerSettings({ ...DEFAULTS, hideResponseHeaders: ["X-Ok", name] });
    expect(read.problems.map(({ code }) => code)).toEqual(["OPTION_INVALID"]);
  });
});

describe("--hsts", () => {
  it.each([
    { options: { hsts: true }, line: "Strict-Transport-Security: max-age=31536000; includeSubDomains" },
    {
      options: { hsts: true, hstsMaxAge: 5, hstsIncludeSubdomains: false, hstsPreload: true },
      line: "Strict-Transport-Security: max-age=5; preload",
    },
    { options: { hstsMaxAge: 5 }, line: undefined },
  ])("D $options: $line, by TLS for hosts with a tls entry, in place of the endpoint's", async ({ options, line }) => {
    const theirs = "Strict-Transport-Security: max-age=1";
    await using endpoint = await startEndpoint((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\n${theirs}\r\nContent-Length: 2\r\n\r\nok`),
    );
    const tls = [{ hosts: ["a.com"], secretName: "c" }];
    for (const [more, expected] of [
      [{ tls }, line ?? theirs],
      [{}, theirs],
    ] as const) {
      const ingresses = [ingressOf("i", { "a.com": { "/": "s" } }, more)];
      await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, answerFields: fieldsOf(options) });
      expect(linesOf(await ask(proxy.port, GET), /^strict/i)).toEqual([theirs]);
      expect(linesOf(await askSecurely(proxy.port, proxy.engine), /^strict/i)).toEqual([expected]);
    }
  });

  it("D is in answers of Hawser too", async () => {
    const ingresses = [ingressOf("i", { "a.com": { "/": "s" } }, { tls: [{ hosts: ["a.com"], secretName: "c" }] })];
    await using proxy = await startProxy({ s: [] }, { ingresses, answerFields: fieldsOf({ hsts: true }) });
    expect(linesOf(await askSecurely(proxy.port, proxy.engine), /^strict/i)).toHaveLength(1);
    await using plain = await startProxy({ s: [] }, { ingresses });
    expect(linesOf(await askSecurely(plain.port, plain.engine), /^strict/i)).toEqual([]);
  });
});

describe("no option about answers", () => {
  it("D leaves heads as they are", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startProxy({ s: [endpoint.port] }, { answerFields: fieldsOf({}) });
    expect(linesOf(await ask(proxy.port, GET), /^(?:strict|vary|access)/i)).toEqual([]);
  });
});

describe("headRoom()", () => {
  it("has room for lines that only answers without an error get", () => {
    const head = new ResponseHead({ headBytes: 1_024 });
    const edit = { removes: new Set<string>(), lines: "", rewrites: undefined };
    const most = headRoom(head, undefined, { ...edit, linesWithoutError: "x".repeat(4_096) });
    expect(most - headRoom(head, undefined, edit)).toBe(4_096);
  });
});
