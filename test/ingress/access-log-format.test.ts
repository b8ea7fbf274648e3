import fc from "fast-check";
import type { ContentCoding } from "#src/filters/accepted-codings.ts";
import { compressionsBy } from "#test/support/compressions.ts";
import { describe, expect, it } from "vitest";
import { readAccessLogOptions } from "#ingress/access-log-options.ts";
import { AccessLog, type AccessLogOptions } from "#ingress/engine/log/access-log.ts";
import { KeptTexts, KEPT_TEXTS } from "#ingress/engine/log/kept-texts.ts";
import type { LogFormat } from "#ingress/engine/log/log-format.ts";
import { LOG_VARIABLES } from "#ingress/engine/log/log-variables.ts";
import { NGINX_TEMPLATE, templateLogFormat } from "#ingress/engine/log/template-log-format.ts";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, closedPort, okWith, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

function formatOf(template: string): LogFormat {
  const format = templateLogFormat(template);
  return typeof format === "string" ? expect.fail(format) : format;
}

/** A proxy whose access log is gathered as lines. */
async function loggingProxy(
  ports: readonly number[],
  options: AccessLogOptions,
  more: Parameters<typeof startProxy>[1] = {},
) {
  const lines: string[] = [];
  const ingresses = [ingressOf("i", { "a.com": { "/": "s" } })];
  const proxy = await startProxy({ s: ports, other: ports }, { ingresses, ...more });
  const write = (bytes: Buffer) => void lines.push(...bytes.toString("latin1").trimEnd().split("\n"));
  Object.assign(proxy.engine, { accessLog: new AccessLog(write, options) });
  return { proxy, lines };
}

const HEAD = [
  "POST /a?b=c HTTP/1.1",
  "Host: A.com:8080",
  "Referer: http://r.example/",
  'User-Agent: curl "7"',
  "X-Forwarded-For: 192.0.2.7",
  `Authorization: Basic ${Buffer.from("ann:secret").toString("base64")}`,
  "X-Request-ID: abc",
  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "Connection: close",
  "Content-Length: 3",
].join("\r\n");
const REQUEST = `${HEAD}\r\n\r\nxyz`;

/** What each variable says of this request; a pattern where time or chance is in it. */
const EXPECTED: Readonly<Record<string, string | RegExp>> = {
  remote_addr: "127.0.0.1",
  the_real_ip: "127.0.0.1",
  realip_remote_addr: "127.0.0.1",
  proxy_add_x_forwarded_for: "127.0.0.1",
  remote_user: "ann",
  time_local: /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/,
  time_iso8601: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/,
  msec: /^\d{10}\.\d{3}$/,
  request: "POST /a?b=c HTTP/1.1",
  request_method: "POST",
  request_uri: "/a?b=c",
  uri: "/a",
  args: "b=c",
  query_string: "b=c",
  server_protocol: "HTTP/1.1",
  scheme: "http",
  host: "a.com",
  http_host: "A.com:8080",
  http_referer: "http://r.example/",
  http_user_agent: String.raw`curl \x227\x22`,
  http_x_forwarded_for: "192.0.2.7",
  status: "200",
  bytes_sent: /^\d{2,3}$/,
  body_bytes_sent: "5",
  request_length: String(REQUEST.length),
  request_time: /^\d+\.\d{3}$/,
  proxy_upstream_name: "default-s-80",
  proxy_alternative_upstream_name: "-",
  upstream_addr: /^127\.0\.0\.1:\d+$/,
  upstream_status: "200",
  upstream_response_length: "5",
  upstream_response_time: /^\d+\.\d{3}$/,
  req_id: "abc",
  request_id: "abc",
  opentelemetry_trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  namespace: "default",
  ingress_name: "i",
  service_name: "s",
  service_port: "80",
  reason: "-",
};

describe("F the access log by a template", () => {
  it("has a case for each variable", () => {
    expect(Object.keys(EXPECTED).toSorted()).toEqual(Object.keys(LOG_VARIABLES).toSorted());
  });

  it.each(Object.entries(EXPECTED))("$%s", async (name, expected) => {
    await using endpoint = await startEndpoint(answering("hello"));
    const { proxy, lines } = await loggingProxy([endpoint.port], { format: formatOf(`[\${${name}}]`) });
    await using _ = proxy;
    await ask(proxy.port, REQUEST);
    await until("the line", () => lines.length === 1);
    const [, said = ""] = /^\[(.*)\]$/.exec(lines[0] ?? "") ?? [];
    if (typeof expected === "string") expect(said).toBe(expected);
    else expect(said).toMatch(expected);
  });

  it("is ingress-nginx's by default, and the reason behind it", async () => {
    await using endpoint = await startEndpoint(answering("hello"));
    const { proxy, lines } = await loggingProxy([endpoint.port], { format: formatOf(NGINX_TEMPLATE) });
    await using _ = proxy;
    await ask(proxy.port, REQUEST);
    await ask(proxy.port, "GET /none HTTP/1.1\r\nHost: b.com\r\nConnection: close\r\n\r\n");
    await ask(proxy.port, "broken\r\n\r\n");
    await until("three lines", () => lines.length === 3);
    expect(lines[0]).toMatch(
      /^127\.0\.0\.1 - ann \[[^\]]+\] "POST \/a\?b=c HTTP\/1\.1" 200 5 "http:\/\/r\.example\/" "curl \\x227\\x22" \d+ \d+\.\d{3} \[default-s-80\] \[-\] 127\.0\.0\.1:\d+ 5 \d+\.\d{3} 200 abc -$/,
    );
    expect(lines[1]).toMatch(
      /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/none HTTP\/1\.1" 404 \d+ "-" "-" \d+ \d+\.\d{3} \[-\] \[-\] - - - - [0-9a-f]{32} no-route$/,
    );
    expect(lines[2]).toMatch(/ "-" 400 \d+ "-" "-" 0 \d+\.\d{3} \[-\] \[-\] - - - - - request-malformed$/);
  });

  it("names all endpoints that were asked, with the status of each", async () => {
    await using endpoint = await startEndpoint(answering("hello"));
    const dead = await closedPort();
    const format = formatOf("$upstream_addr|$upstream_status|$upstream_response_length");
    const { proxy, lines } = await loggingProxy([dead, endpoint.port], { format });
    await using _ = proxy;
    for (let count = 0; count < 2; count++) await ask(proxy.port, REQUEST.replace("POST", "GET"));
    await until("two lines", () => lines.length === 2);
    const place = (port: number) => `127.0.0.1:${port}`;
    expect(lines).toContain(`${place(dead)}, ${place(endpoint.port)}|502, 200|0, 5`);
  });

  it.each<{ codings: readonly ContentCoding[] }>([{ codings: [] }, { codings: ["gzip"] }, { codings: ["br"] }])(
    "counts each byte of the endpoint once, where answers are compressed: $codings",
    async ({ codings }) => {
      const body = "x".repeat(600);
      const answer = okWith(body).replace("\r\n", "\r\nContent-Type: text/plain\r\n");
      await using endpoint = await startEndpoint((socket) => void socket.end(answer));
      const format = formatOf("$upstream_response_length");
      const { proxy, lines } = await loggingProxy(
        [endpoint.port],
        { format },
        { compressions: compressionsBy(...codings) },
      );
      await using _ = proxy;
      const got = await ask(proxy.port, REQUEST.replace("\r\n", "\r\nAccept-Encoding: gzip, br\r\n"));
      await until("the line", () => lines.length === 1);
      expect([got.includes("Content-Encoding: "), lines[0]]).toEqual([codings.length > 0, "600"]);
    },
  );

  it("logs the id that the endpoint gets, where the client has none", async () => {
    await using endpoint = await startEndpoint(answering("hello"));
    const { proxy, lines } = await loggingProxy([endpoint.port], { format: formatOf("$req_id") });
    await using _ = proxy;
    await ask(proxy.port, "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n");
    await until("the line", () => lines.length === 1);
    expect(endpoint.received()).toContain(`X-Request-ID: ${lines[0]}\r\n`);
  });
});

describe("F what is not in the access log", () => {
  const quiet = ingressOf("quiet", { "b.com": { "/": "s" } }, { settings: { accessLog: false } });
  const loud = ingressOf("i", { "a.com": { "/": "s" } });
  const get = (host: string, path: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  it.each([
    { name: "a path that is skipped", first: get("a.com", "/healthz?a=1") },
    { name: "an Ingress with enable-access-log: false", first: get("b.com", "/") },
  ])("$name", async ({ first }) => {
    await using endpoint = await startEndpoint(answering("hello"));
    const options = { format: formatOf("$request_uri"), skippedPaths: new Set(["/healthz"]) };
    const { proxy, lines } = await loggingProxy([endpoint.port], options, { ingresses: [loud, quiet] });
    await using _ = proxy;
    for (const request of [first, get("a.com", "/healthz/more")]) await ask(proxy.port, request);
    await until("a line", () => lines.length > 0);
    expect(lines).toEqual(["/healthz/more"]);
    expect(proxy.engine.counters.requests[2]).toBe(2);
  });
});

describe("F no client can forge a line", () => {
  const anyBytes = fc.uint8Array({ maxLength: 300 });

  /** Writes one line whose kept texts are these bytes. */
  function written(options: AccessLogOptions, bytes: Uint8Array): Buffer {
    const kept = new KeptTexts();
    for (const name of KEPT_TEXTS) kept.keep(name, bytes, 0, bytes.length);
    const chunks: Buffer[] = [];
    const log = new AccessLog((lines) => void chunks.push(lines), options);
    const entry = {
      client: "192.0.2.1",
      isSecure: true,
      kept,
      ingress: "a/b",
      service: "a/c:80",
      mainService: "",
      canaryService: "",
      endpoint: "",
      attempts: [],
    };
    const sizes = {
      bytes: 1,
      bodyBytes: 1,
      requestBytes: 1,
      wallMs: Date.UTC(2026, 10, 28),
      durationMs: 1.5,
      endedMs: 9,
    };
    log.add(entry, { status: 200, reason: undefined, ...sizes });
    log.flush();
    return Buffer.concat(chunks);
  }

  it("of nginx's format: only visible ASCII and blanks, and no quote but ours", () => {
    const format = formatOf(NGINX_TEMPLATE);
    const quotes = NGINX_TEMPLATE.split('"').length;
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const line = written({ format }, bytes).toString("latin1");
        expect(line).toMatch(/^[\x20-\x7e]+\n$/);
        expect(line.split('"')).toHaveLength(quotes);
      }),
    );
  });

  it("of JSON: one object, with the text that came, byte by byte", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const line = written({}, bytes).toString("utf8");
        expect(line.split("\n")).toHaveLength(2);
        const text = Buffer.from(bytes).toString("latin1");
        expect(JSON.parse(line)).toMatchObject({
          target: text.slice(0, 1_024),
          method: text.slice(0, 32),
          time: "2026-11-28T00:00:00.000Z",
        });
      }),
    );
  });

  it("cuts a line that a template makes too long, and ends it", () => {
    const format = formatOf("$request_uri ".repeat(64).trim());
    const line = written({ format }, new Uint8Array(1_024).fill(0xff));
    expect([line.length <= 16_384, line.at(-1)]).toEqual([true, 0x0a]);
  });
});

describe("F --access-log-format", () => {
  const read = (accessLogFormat: string) =>
    readAccessLogOptions({ accessLog: true, accessLogFormat, accessLogSkip: [] });

  it.each(["json", "nginx", "$status", "a ${status}b", "$remote_addr [$time_local]"])("takes %s", (text) =>
    expect(read(text).ok).toBe(true),
  );

  it.each([
    { text: "$statu", why: "there is no variable $statu; did you mean $status?" },
    { text: "$http_authorization", why: "there is no variable $http_authorization" },
    { text: "combined", why: "it has no variable" },
    { text: "$status $", why: "it has a $ without the name of a variable" },
    { text: "$status\n", why: "it has other characters than visible ASCII and blanks" },
    { text: "$status".repeat(65), why: "it has more than 64 variables" },
    { text: `$status${"x".repeat(4_096)}`, why: "it has more than 4096 characters" },
  ])("does not take a format because $why", ({ text, why }) => {
    expect(read(text).problems).toMatchObject([
      { code: "OPTION_INVALID", why: expect.stringContaining(why) as string },
    ]);
  });
});
