import { connect, createSecureContext } from "node:tls";
import { describe, expect, it } from "vitest";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import { ProgramInUse } from "#ingress/program-in-use.ts";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { until } from "#lab/rack/until.ts";
import { withNginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import { parseIngress } from "#src/model/ingress.ts";
import { object, valueOf } from "#test/model/build.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import {
  answering,
  ask,
  closedPort,
  listen,
  startEndpoint,
  startProxy,
  statusOf,
} from "#test/support/ingress-proxy.ts";
import { nginxConfigOf } from "#test/support/nginx-config-of.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

type Texts = Readonly<Record<string, string>>;

const BACKEND = { service: { name: "s", port: { number: 80 } } };

/** An Ingress of `a.com` with a certificate, as it is with ingress-nginx's ConfigMap. */
function ingressWith(data: Texts, annotations: Texts = {}) {
  const paths = ["/", "/health", "/private"].map((path) => ({ path, pathType: "Prefix", backend: BACKEND }));
  const prefixed = Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]),
  );
  const manifest = object(
    JSON.stringify({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "i", annotations: prefixed },
      spec: { tls: [{ hosts: ["a.com"], secretName: "c" }], rules: [{ host: "a.com", http: { paths } }] },
    }),
  );
  return valueOf(parseIngress(withNginxConfig(manifest, nginxConfigOf(data))));
}

/** A proxy with what the ConfigMap says, of Ingresses and of the program; without an endpoint's answer where `isSilent`. */
async function startWith(
  data: Texts,
  annotations: Texts = {},
  options: Partial<ConstructorParameters<typeof ProgramInUse>[1]> = {},
) {
  const endpoint = await startEndpoint(answering("page"));
  const proxy = await startProxy({ s: [endpoint.port] }, { ingresses: [ingressWith(data, annotations)] });
  const lines: string[] = [];
  const write = (bytes: Buffer) => void lines.push(...bytes.toString("latin1").trimEnd().split("\n"));
  Object.assign(proxy.engine, { accessLog: new AccessLog(write) });
  const byOptions = {
    limitStatus: 503,
    sslRejectHandshake: false,
    accessLog: {},
    given: new Set<never>(),
    engines: 1,
    ...options,
  };
  const program = new ProgramInUse(proxy.engine, byOptions);
  program.use(nginxConfigOf(data).program);
  return {
    ...proxy,
    endpoint,
    lines,
    program,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

const get = (path: string, host = "a.com") => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
const redirectOf = (answer: string) => [statusOf(answer), /^Location: (.*)\r$/m.exec(answer)?.[1]];

describe("F http-redirect-code and no-tls-redirect-locations of ingress-nginx's ConfigMap", () => {
  const ON = { "ssl-redirect": "true" };

  it.each([
    { data: {}, path: "/private", is: [308, "https://a.com/private"] },
    { data: { "http-redirect-code": "301" }, path: "/private", is: [301, "https://a.com/private"] },
    { data: { "http-redirect-code": "302" }, path: "/?a=b", is: [302, "https://a.com/?a=b"] },
    { data: { "http-redirect-code": "307" }, path: "/", is: [307, "https://a.com/"] },
    { data: { "no-tls-redirect-locations": "/health" }, path: "/health/live", is: [200, undefined] },
    { data: { "no-tls-redirect-locations": "/health" }, path: "/private", is: [308, "https://a.com/private"] },
    { data: { "no-tls-redirect-locations": "/health" }, path: "/healthy", is: [308, "https://a.com/healthy"] },
    {
      data: { "no-tls-redirect-locations": "/health" },
      path: "/.well-known/acme-challenge/x",
      is: [200, undefined],
    },
  ])("$path with $data", async ({ data, path, is }) => {
    await using proxy = await startWith({ ...ON, ...data });
    expect(redirectOf(await ask(proxy.port, get(path)))).toEqual(is);
  });

  it("the status is that of redirects from www., too", async () => {
    await using proxy = await startWith({ "http-redirect-code": "301" }, { "from-to-www-redirect": "true" });
    expect(redirectOf(await ask(proxy.port, get("/x", "www.a.com")))).toEqual([301, "http://a.com/x"]);
  });
});

describe("F limit-req-status-code and limit-conn-status-code", () => {
  const RATE = { "limit-rps": "1", "limit-burst-multiplier": "1" };

  it.each([
    { data: {}, option: 503, is: 503 },
    { data: {}, option: 429, is: 429 },
    { data: { "limit-req-status-code": "418" }, option: 503, is: 418 },
    { data: { "limit-req-status-code": "599" }, option: 429, is: 599 },
    { data: { "limit-conn-status-code": "418" }, option: 429, is: 429 },
  ])("beyond a rate with $data and --limit-status=$option: $is", async ({ data, option, is }) => {
    await using proxy = await startWith(data, RATE, { limitStatus: option });
    const answers: string[] = [];
    for (let count = 0; count < 6; count++) answers.push(await ask(proxy.port, get("/")));
    expect(new Set(answers.map(statusOf))).toEqual(new Set([200, is]));
    expect(answers.at(-1)).toMatch(new RegExp(`^HTTP/1\\.1 ${is} \\w[^\r]*\r\n[^]*\r\n\r\n${is} \\w.*\n$`));
  });

  it("beyond a number of open requests", async () => {
    const data = { "limit-conn-status-code": "444", "limit-req-status-code": "418" };
    await using endpoint = await startEndpoint(() => undefined);
    const ingresses = [ingressWith(data, { "limit-connections": "1" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const given = new Set<never>();
    const byOptions = { limitStatus: 503, sslRejectHandshake: false, accessLog: undefined, given, engines: 1 };
    new ProgramInUse(proxy.engine, byOptions).use(nginxConfigOf(data).program);
    void ask(proxy.port, get("/")).catch(() => "");
    await until("the endpoint to be asked", () => endpoint.received() !== "");
    expect(statusOf(await ask(proxy.port, get("/")))).toBe(444);
  });

  it.skipIf(!hasNginx()).each([400, 418, 444, 450, 500, 599])("%i is what a real nginx answers", async (status) => {
    await using proxy = await startWith({ "limit-req-status-code": String(status) }, RATE);
    await using nginx = await startNginx({
      endpointPort: proxy.endpoint.port,
      http: "limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;",
      location: `limit_req zone=z burst=1 nodelay; limit_req_status ${status};`,
    });
    const lineOf = async (port: number) => {
      const lines: string[] = [];
      for (let count = 0; count < 6; count++) lines.push((await ask(port, get("/"))).split("\r\n")[0] ?? "");
      return lines.at(-1)?.slice(0, "HTTP/1.1 200".length);
    };
    // 444 closes the connection in nginx, without an answer.
    const theirs = await lineOf(nginx.port);
    expect(await lineOf(proxy.port)).toBe(status === 444 ? "HTTP/1.1 444" : theirs);
  });
});

describe("F log-format-upstream, log-format-escape-json and skip-access-log-urls", () => {
  const JSON_FORMAT = '{"status": $status, "agent": "$http_user_agent", "path": "$uri", "tls": "$ssl_protocol"}';
  const AGENT = 'curl "7" \\ \u0001';
  const request = (path: string) => get(path).replace("\r\n\r\n", `\r\nUser-Agent: ${AGENT.slice(0, -2)}\r\n\r\n`);

  it("a format in JSON can be read as JSON, whatever clients send; unknown variables are empty", async () => {
    await using proxy = await startWith({ "log-format-upstream": JSON_FORMAT, "log-format-escape-json": "true" });
    await ask(proxy.port, request('/a"b?c'));
    await until("the line", () => proxy.lines.length === 1);
    expect(JSON.parse(proxy.lines[0] ?? "")).toEqual({
      status: 200,
      agent: AGENT.slice(0, -2),
      path: '/a"b',
      tls: "",
    });
  });

  it("counts unless the program's option is given, and paths are skipped besides those of the option", async () => {
    const data = { "log-format-upstream": "$status|$uri|$ssl_protocol", "skip-access-log-urls": "/health" };
    const accessLog = { skippedPaths: new Set(["/ready"]) };
    await using proxy = await startWith(data, {}, { accessLog });
    for (const path of ["/health", "/ready", "/health/x", "/"]) await ask(proxy.port, request(path));
    await until("two lines", () => proxy.lines.length === 2);
    expect(proxy.lines).toEqual(["200|/health/x|-", "200|/|-"]);
    await using other = await startWith(data, {}, { given: new Set(["accessLogFormat"] as const) });
    await ask(other.port, request("/"));
    await until("the line", () => other.lines.length === 1);
    expect(JSON.parse(other.lines[0] ?? "")).toMatchObject({ msg: "request", status: 200 });
  });
});

/** The port for TLS of a proxy, with one certificate for all names. */
async function startTls(data: Texts, sslRejectHandshake = false) {
  const proxy = await startWith(data, {}, { sslRejectHandshake });
  const pair = selfSigned("a.com", Date.now());
  const server = engineTlsServer(proxy.engine, {
    contextOf: () => createSecureContext(pair),
    rejects: (name) => proxy.program.rejects(name),
    fallback: pair,
  });
  const port = await listen(server);
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** What a client gets for this server name: the status of an answer, or the code of the error. */
async function handshake(port: number, servername: string | undefined, maxVersion: "TLSv1.2" | "TLSv1.3" = "TLSv1.3") {
  const socket = connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    maxVersion,
    ...(servername && { servername }),
  });
  return new Promise<number | string | undefined>((resolve) => {
    let got = "";
    socket.setEncoding("latin1").on("data", (text: string) => (got += text));
    socket.on("secureConnect", () => socket.write(get("/")));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    socket.on("close", () => resolve(got === "" ? "ECONNRESET" : statusOf(got)));
  });
}

describe("F ssl-reject-handshake", () => {
  const REJECT = { "ssl-reject-handshake": "true" };
  const UNRECOGNIZED = "ERR_SSL_TLSV1_UNRECOGNIZED_NAME";

  it.each([
    { data: {}, option: false, name: "b.com", is: 200 },
    { data: {}, option: true, name: "b.com", is: UNRECOGNIZED },
    { data: { "ssl-reject-handshake": "false" }, option: true, name: "b.com", is: 200 },
    { data: REJECT, option: false, name: "a.com", is: 200 },
    { data: REJECT, option: false, name: "A.com", is: 200 },
    { data: REJECT, option: false, name: "b.com", is: UNRECOGNIZED },
    { data: REJECT, option: false, name: "x.a.com", is: UNRECOGNIZED },
    { data: REJECT, option: false, name: "localhost", is: UNRECOGNIZED },
    { data: REJECT, option: false, name: undefined, is: "ECONNRESET" },
  ])("a client for $name with $data and the option $option: $is", async ({ data, option, name, is }) => {
    await using server = await startTls(data, option);
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) expect(await handshake(server.port, name, version)).toBe(is);
  });

  it.skipIf(!hasNginx())("is what a real nginx does", async () => {
    await using server = await startTls(REJECT);
    const port = await closedPort();
    await using endpoint = await startEndpoint(answering("page"));
    await using _ = await startNginx({
      endpointPort: endpoint.port,
      http: `server { listen 127.0.0.1:${port} ssl default_server; ssl_reject_handshake on; }`,
    });
    for (const version of ["TLSv1.2", "TLSv1.3"] as const)
      expect(await handshake(server.port, "b.com", version)).toBe(await handshake(port, "b.com", version));
  });
});
