import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { Io } from "#ingress/io/io.ts";
import { readProxyHeader } from "#ingress/io/proxy-header.ts";
import { ProxyPreface } from "#ingress/io/proxy-preface.ts";
import { EndpointTargets } from "#ingress/tls/endpoint-targets.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import {
  type Client,
  closedPort,
  listen,
  okWith,
  openClient,
  type Proxy,
  type ProxyOptions,
  startProxy,
} from "#test/support/ingress-proxy.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";
import { everyIo } from "#test/support/test-io.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";

/** What a test has opened. */
let opened: AsyncDisposableStack;
beforeEach(() => void (opened = new AsyncDisposableStack()));
afterEach(async () => opened.disposeAsync());

/** An endpoint that reads a header first, and gives what follows to a server; `seen` has the header and the state of each connection. */
async function startHeaderEndpoint(use: (socket: Socket) => void) {
  const seen: { readonly socket: Socket; header: string; isOpen: boolean }[] = [];
  const server = createServer((socket) => {
    const one = { socket, header: "", isOpen: true };
    seen.push(one);
    socket.on("error", () => undefined).on("close", () => (one.isOpen = false));
    let bytes: Buffer = Buffer.alloc(0);
    const onData = (data: Buffer): void => {
      bytes = Buffer.concat([bytes, data]);
      const header = readProxyHeader(bytes);
      if (header === "incomplete") return;
      if (header === "malformed") throw new Error(`no header: ${bytes.toString("latin1")}`);
      socket.off("data", onData).pause();
      one.header = bytes.toString("latin1", 0, header.length);
      socket.unshift(bytes.subarray(header.length));
      use(socket);
    };
    socket.on("data", onData);
  });
  const port = await listen(server);
  opened.defer(async () => {
    for (const { socket } of seen) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port, seen };
}

/** Answers requests of HTTP/1.1. */
function answer(socket: Socket): void {
  socket.on("data", (data: Buffer) => {
    for (let count = data.toString("latin1").split("\r\n\r\n").length - 1; count > 0; count--)
      socket.write(okWith("page"));
  });
  socket.resume();
}

/** A proxy in front of endpoints on these ports, whose Ingress has these settings. */
async function startTied(ports: readonly number[], settings: IngressSettings, more: ProxyOptions): Promise<Proxy> {
  const ingresses = [ingressOf("i", { "a.com": { "/": "s" } }, { settings })];
  const endpointSecurity = new EndpointTargets();
  return opened.use(await startProxy({ s: ports }, { ingresses, endpointSecurity, ...more }));
}

async function get(client: Client, count = 1): Promise<void> {
  client.send(GET);
  await client.until((text) => text.split("page").length - 1 >= count);
}

const portOf = (client: Client): number => client.socket.localPort!;

function line(client: number, asked: number): string {
  return `PROXY TCP4 127.0.0.1 127.0.0.1 ${client} ${asked}\r\n`;
}

function binary(client: number, asked: number): string {
  const ports = [client, asked].map((port) => port.toString(16).padStart(4, "0")).join("");
  const hex = `0d0a0d0a000d0a515549540a2111000c7f0000017f000001${ports}`;
  return Buffer.from(hex, "hex").toString("latin1");
}

describe.each(everyIo)("the PROXY protocol to endpoints, over $name", (io: Io) => {
  it.each([
    { version: 1 as const, header: line },
    { version: 2 as const, header: binary },
  ])("F begins each connection with version $version, which serves one connection of a client alone", async (one) => {
    const endpoint = await startHeaderEndpoint(answer);
    const proxy = await startTied([endpoint.port], { proxyProtocol: one.version }, { io });
    using first = openClient(proxy.port);
    using second = openClient(proxy.port);
    await get(first);
    await get(first, 2);
    await get(second);
    await get(first, 3);
    expect(endpoint.seen.map(({ header }) => header)).toEqual(
      [first, second].map((client) => one.header(portOf(client), proxy.port)),
    );
    first.socket.destroy();
    await until("the connection of the first client to go", () => !endpoint.seen[0]!.isOpen);
    await get(second, 2);
    expect(endpoint.seen.length).toBe(2);
    second.socket.end();
    await until("all connections to go", () => proxy.engine.counters.openEndpointConnections === 0);
  });

  it("F says what a trusted proxy says in its own header, and nothing of X-Forwarded-For", async () => {
    const endpoint = await startHeaderEndpoint(answer);
    const preface = new ProxyPreface({ trusts: () => true, timeoutMs: 60_000 });
    const trustedProxies = { trusts: () => true, passesChain: false };
    const proxy = await startTied([endpoint.port], { proxyProtocol: 1 }, { io, preface, trustedProxies });
    using client = openClient(proxy.port);
    const said = "PROXY TCP6 2001:db8::1 2001:db8::ff 50000 8443\r\n";
    client.send(`${said}${GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")}`);
    await client.until((text) => text.endsWith("page"));
    expect(endpoint.seen.map(({ header }) => header)).toEqual([said]);
  });

  it("F goes before TLS", async () => {
    const now = Date.now();
    const pair = issueCertificate({ commonName: "s", keyType: "ec", fromMs: now - 86_400_000, toMs: now + 86_400_000 });
    const tls = createTlsServer({ cert: pair.certificatePem, key: pair.privateKeyPem }, answer);
    const endpoint = await startHeaderEndpoint((socket) => tls.emit("connection", socket));
    const settings = { proxyProtocol: 2, backendProtocol: "https" } as const;
    const proxy = await startTied([endpoint.port], settings, { io });
    using client = openClient(proxy.port);
    using other = openClient(proxy.port);
    await get(client);
    await get(client, 2);
    await get(other);
    expect(endpoint.seen.map(({ header }) => header)).toEqual(
      [client, other].map((one) => binary(portOf(one), proxy.port)),
    );
    client.socket.destroy();
    await until("the connection to go", () => !endpoint.seen[0]!.isOpen);
  });

  it("F fails as any other connection where TLS does not come about, or nobody listens", async () => {
    const endpoint = await startHeaderEndpoint((socket) => socket.end("no TLS here"));
    const settings = { proxyProtocol: 2, backendProtocol: "https" } as const;
    const proxies = [endpoint.port, await closedPort()].map((port) => startTied([port], settings, { io }));
    for (const { port } of await Promise.all(proxies)) {
      using client = openClient(port);
      client.send(GET);
      await client.until((text) => text.startsWith("HTTP/1.1 502 "));
    }
  });

  it("F has a connection of HTTP/2 for each client, which its requests share", async () => {
    const sessions = new Set<ServerHttp2Session>();
    const http2 = createHttp2Server((request, response) => {
      sessions.add(request.stream.session as ServerHttp2Session);
      response.end("page");
    });
    const endpoint = await startHeaderEndpoint((socket) => http2.emit("connection", socket));
    const settings = { proxyProtocol: 1, backendProtocol: "grpc" } as const;
    const proxy = await startTied([endpoint.port], settings, { io, isPlainHttp2On: true });
    const client = connectHttp2(`http://127.0.0.1:${proxy.port}`);
    using other = openClient(proxy.port);
    const asked = Array.from({ length: 20 }, async () => {
      const request = client.request({ ":authority": "a.com" }).resume();
      await new Promise((resolve) => request.on("end", resolve));
    });
    await Promise.all(asked);
    await get(other);
    await get(other, 2);
    expect(sessions.size).toBe(2);
    expect(endpoint.seen.map(({ header }) => header)).toEqual(
      [client.socket.localPort!, portOf(other)].map((port) => line(port, proxy.port)),
    );
    client.destroy();
    await until("the connection of that client to go", () => !endpoint.seen[0]!.isOpen);
    expect(endpoint.seen[1]!.isOpen).toBe(true);
  });

  it("F opens a tunnel of a WebSocket behind the header", async () => {
    const endpoint = await startHeaderEndpoint((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        socket.on("data", (data: Buffer) => socket.write(data));
      });
      socket.resume();
    });
    const proxy = await startTied([endpoint.port], { proxyProtocol: 1 }, { io });
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await client.until((text) => text.startsWith("HTTP/1.1 101 "));
    client.send("echo");
    await client.until((text) => text.endsWith("echo"));
    expect(endpoint.seen.map(({ header }) => header)).toEqual([line(portOf(client), proxy.port)]);
  });

  it("F begins with the header again where another endpoint is tried, or an old connection was closed", async () => {
    const endpoint = await startHeaderEndpoint(answer);
    const proxy = await startTied([await closedPort(), endpoint.port], { proxyProtocol: 1 }, { io });
    using client = openClient(proxy.port);
    await get(client);
    await get(client, 2);
    const before = endpoint.seen.length;
    for (const { socket } of endpoint.seen) socket.destroy();
    await until("the old connections to go", () => proxy.engine.counters.openEndpointConnections === 0);
    await get(client, 3);
    expect(endpoint.seen.length).toBe(before + 1);
    expect(new Set(endpoint.seen.map(({ header }) => header))).toEqual(new Set([line(portOf(client), proxy.port)]));
  });

  it("F keeps no more idle connections of clients than others, nor for longer", async () => {
    const endpoint = await startHeaderEndpoint(answer);
    const limits = { idleConnectionsPerEndpoint: 2, endpointIdleMs: 600_000 };
    const proxy = await startTied([endpoint.port], { proxyProtocol: 1 }, { io, limits });
    const clients = Array.from({ length: 5 }, () => openClient(proxy.port));
    for (const client of clients) await get(client);
    await until("the rest to go", () => proxy.engine.counters.openEndpointConnections === 2);
    Object.assign(proxy.engine, { limits: { ...proxy.engine.limits, endpointIdleMs: 0 } });
    await until("all to go", () => proxy.engine.counters.openEndpointConnections === 0);
    for (const client of clients) client[Symbol.dispose]();
  });
});

describe.runIf(hasNginx())("the PROXY protocol to a real nginx", () => {
  const SAYS = `"$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port page"`;

  it.each([
    { name: "version 1", listenOf: "", settings: { proxyProtocol: 1 } as const },
    { name: "version 2", listenOf: "", settings: { proxyProtocol: 2 } as const },
    {
      name: "version 2 before TLS",
      listenOf: "ssl",
      settings: { proxyProtocol: 2, backendProtocol: "https" } as const,
    },
    {
      name: "version 1 before HTTP/2",
      listenOf: "http2",
      settings: { proxyProtocol: 1, backendProtocol: "grpc" } as const,
    },
  ])("F is read by it: $name", async ({ listenOf, settings }) => {
    const now = Date.now();
    const pair = issueCertificate({ commonName: "s", keyType: "ec", fromMs: now - 86_400_000, toMs: now + 86_400_000 });
    const folder = mkdtempSync(join(tmpdir(), "hawser-header-"));
    opened.defer(() => rmSync(folder, { recursive: true }));
    writeFileSync(`${folder}/pem`, `${pair.certificatePem}${pair.privateKeyPem}`);
    const port = await closedPort();
    const http = `server {
      listen 127.0.0.1:${port} ${listenOf} proxy_protocol;
      ssl_certificate ${folder}/pem; ssl_certificate_key ${folder}/pem;
      location / { return 200 ${SAYS}; }
    }`;
    opened.use(await startNginx({ endpointPort: port, http }));
    const proxy = await startTied([port], settings, {});
    for (let count = 0; count < 2; count++) {
      using client = openClient(proxy.port);
      await get(client);
      await get(client, 2);
      const said = [...client.text().matchAll(/\d+\.\S+ \d+ \S+ \d+ page/g)].map(([text]) => text);
      const wanted = `127.0.0.1 ${portOf(client)} 127.0.0.1 ${proxy.port} page`;
      expect(said).toEqual([wanted, wanted]);
    }
  });
});
