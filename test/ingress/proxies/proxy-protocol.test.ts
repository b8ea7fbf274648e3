import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import type { TrustedProxies } from "#ingress/engine/trusted-client.ts";
import { ProxyPreface } from "#ingress/io/proxy-preface.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import {
  ask,
  listen,
  okWith,
  openClient,
  type Proxy,
  startEndpoint,
  startProxy,
  statusOf,
  type TestEndpoint,
} from "#test/support/ingress-proxy.ts";

const TRUSTED = "127.0.0.1";
const STRANGER = "127.0.0.2";
const trusts = (address: string) => address === TRUSTED || address === "10.0.0.2";

const LINE = "PROXY TCP4 192.0.2.1 198.51.100.10 50000 8443\r\n";
const BINARY = Buffer.from(
  [
    "0d0a0d0a000d0a515549540a21210028",
    "20010db8000000000000000000000001",
    "20010db80000000000000000000000ff",
    "c35001bb",
    "04000100",
  ].join(""),
  "hex",
).toString("latin1");
const LOCAL = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex").toString("latin1");
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";

/** Answers with the fields of a request that say whose it is. */
const echoing = (text: string): string =>
  okWith([...text.matchAll(/^(?:X-Forwarded-\S+|X-Real-IP): .*(?=\r$)/gm)].map(([line]) => line).join("|"));

/** What an endpoint saw: address, scheme, port and host. */
function seen(answer: string): string {
  const of = (name: string) => new RegExp(`${name}: ([^|\\r]*)`).exec(answer)?.[1] ?? "none";
  return ["X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Host"]
    .map(of)
    .join(" ");
}

describe("the PROXY protocol", () => {
  let endpoint: TestEndpoint;
  beforeAll(async () => {
    endpoint = await startEndpoint((socket, text) => socket.write(echoing(text)));
  });
  afterAll(async () => endpoint[Symbol.asyncDispose]());

  const start = (timeoutMs = 60_000): { readonly preface: ProxyPreface; readonly proxy: Promise<Proxy> } => {
    const preface = new ProxyPreface({ trusts, timeoutMs });
    return { preface, proxy: startProxy({ s: [endpoint.port] }, { preface }) };
  };

  it.each([
    ["version 1", LINE, "192.0.2.1 192.0.2.1 http 8443 a.com"],
    ["version 2", BINARY, "2001:db8::1 2001:db8::1 http 443 a.com"],
    ["version 2, of the proxy itself", LOCAL, "127.0.0.1 127.0.0.1 http 80 a.com"],
    ["version 1, unknown", "PROXY UNKNOWN\r\n", "127.0.0.1 127.0.0.1 http 80 a.com"],
  ])("F tells endpoints whose connection it is: %s", async (_, header, client) => {
    await using proxy = await start().proxy;
    expect(seen(await ask(proxy.port, header + GET))).toBe(client);
  });

  it("F takes a header in single bytes, and requests that follow it at once or later", async () => {
    await using proxy = await start().proxy;
    using slow = openClient(proxy.port);
    for (const byte of LINE + GET) slow.send(byte);
    expect(seen((await slow.ended()).text)).toMatch(/^192\.0\.2\.1 /);
    using later = openClient(proxy.port);
    later.send(LINE);
    await until("the header to be read", () => proxy.gate.size === 1);
    later.send(GET.replace("close", "keep-alive"));
    await later.until((text) => text.includes("192.0.2.1"));
    later.send(GET);
    expect((await later.ended()).text.match(/192\.0\.2\.1\|/g)).toHaveLength(4);
  });

  it.each([
    ["a request without header", GET],
    ["a broken header", LINE.replace("TCP4", "TCP6") + GET],
    ["a header that ends early", LINE.slice(0, 20)],
  ])("F closes a connection of a trusted proxy that begins with %s, and counts it", async (_, bytes) => {
    const { preface, proxy: starting } = start();
    await using proxy = await starting;
    using client = openClient(proxy.port);
    client.send(bytes);
    client.socket.end();
    expect((await client.ended()).text).toBe("");
    expect([preface.failed, proxy.engine.counters.connections]).toEqual([1, 0]);
  });

  it("F closes a connection of a trusted proxy whose header does not come in time", async () => {
    const { preface, proxy: starting } = start(20);
    await using proxy = await starting;
    using client = openClient(proxy.port);
    client.send(LINE.slice(0, 20));
    expect((await client.ended()).text).toBe("");
    expect(preface.failed).toBe(1);
  });

  it("F reads no header of others: a request is served as theirs, and a header refused", async () => {
    await using proxy = await start().proxy;
    expect(seen(await ask(proxy.port, GET, STRANGER))).toMatch(/^127\.0\.0\.2 /);
    expect(statusOf(await ask(proxy.port, LINE + GET, STRANGER))).toBe(400);
    expect(statusOf(await ask(proxy.port, BINARY + GET, STRANGER))).toBe(400);
  });

  it("F bounds connections by the addresses of clients and not by that of the proxy", async () => {
    const preface = new ProxyPreface({ trusts, timeoutMs: 60_000 });
    await using proxy = await startProxy({ s: [endpoint.port] }, { preface, limits: { connectionsPerAddress: 1 } });
    const open = (address: string) => {
      const client = openClient(proxy.port);
      client.send(LINE.replace("192.0.2.1", address));
      return client;
    };
    using first = open("192.0.2.1");
    using second = open("192.0.2.2");
    await until("both", () => proxy.gate.size === 2);
    using third = open("192.0.2.1");
    await first.ended();
    expect([proxy.gate.displaced, proxy.gate.size, second.socket.closed, third.socket.closed]).toEqual([
      1,
      2,
      false,
      false,
    ]);
  });

  it.each([LINE, BINARY])("F reads a header before the handshake of TLS", async (header) => {
    const certificates = new Certificates(Date.now(), undefined);
    await using proxy = await startProxy({ s: [endpoint.port] });
    const server = engineTlsServer(proxy.engine, {
      preface: new ProxyPreface({ trusts, timeoutMs: 60_000 }),
      contextOf: (name) => certificates.contextOf(name),
      fallback: certificates.fallback,
    });
    const port = await listen(server);
    const plain = connectPlain({ host: "127.0.0.1", port });
    plain.write(Buffer.from(header, "latin1"));
    const secure = connectTls({ socket: plain, servername: "a.com", rejectUnauthorized: false });
    let text = "";
    secure.on("data", (chunk: Buffer) => (text += chunk.toString("latin1"))).on("error", () => undefined);
    secure.write(GET);
    await until("the answer", () => text.includes("\r\n\r\n") && text.includes("X-Real-IP"));
    expect(seen(text)).toBe(
      header === LINE ? "192.0.2.1 192.0.2.1 https 8443 a.com" : "2001:db8::1 2001:db8::1 https 443 a.com",
    );
    secure.destroy();
    server.close();
  });
});

describe("X-Forwarded-* of a trusted proxy", () => {
  const requestOf = (fields: string) => GET.replace("Connection", `${fields}\r\nConnection`);
  const FIELDS =
    "X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.0.0.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b.com\r\nX-Forwarded-Port: 444";

  async function answerTo(fields: string, from: string, trustedProxies?: TrustedProxies): Promise<string> {
    await using endpoint = await startEndpoint((socket, text) => socket.write(echoing(text)));
    await using proxy = await startProxy({ s: [endpoint.port] }, trustedProxies ? { trustedProxies } : {});
    return await ask(proxy.port, requestOf(fields), from);
  }

  it.each([
    ["a trusted proxy", TRUSTED, { trusts, passesChain: false }, "192.0.2.1 192.0.2.1 https 444 b.com"],
    [
      "one, with the way",
      TRUSTED,
      { trusts, passesChain: true },
      "192.0.2.1, 10.0.0.2, 127.0.0.1 192.0.2.1 https 444 b.com",
    ],
    ["another client", STRANGER, { trusts, passesChain: true }, "127.0.0.2 127.0.0.2 http 80 a.com"],
    ["anyone, where no proxy is trusted", TRUSTED, undefined, "127.0.0.1 127.0.0.1 http 80 a.com"],
  ])("F reach endpoints as %s may say them", async (_, from, proxies, client) => {
    expect(seen(await answerTo(FIELDS, from, proxies))).toBe(client);
  });

  it("F say whom lists of networks are about, of each request of a connection", async () => {
    await using endpoint = await startEndpoint((socket, text) => socket.write(echoing(text)));
    const ingress = annotatedIngress({ "whitelist-source-range": "192.0.2.0/24" });
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [ingress], trustedProxies: { trusts, passesChain: false } },
    );
    using client = openClient(proxy.port);
    for (const [address, count] of [
      ["192.0.2.9", 1],
      ["198.51.100.9", 2],
      ["192.0.2.9", 3],
    ] as const) {
      client.send(requestOf(`X-Forwarded-For: ${address}`).replace("close", "keep-alive"));
      await client.until((text) => text.match(/HTTP\/1\.1 \d/g)?.length === count);
    }
    expect(client.text().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 403", "HTTP/1.1 200"]);
  });
});
