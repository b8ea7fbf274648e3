import { createServer, type TlsOptions, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { endpointTls } from "#src/filters/endpoint-tls.ts";
import { parseService } from "#src/model/service.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
import { backendsOf } from "#src/routing/ingress/backend.ts";
import { EndpointTargets } from "#ingress/tls/endpoint-targets.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { securityOf } from "#ingress/engine/endpoints/endpoint-security.ts";
import { object, valueOf } from "#test/model/build.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { ask, listen, openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { issueCertificate, type IssuedCertificate } from "#test/support/issue-certificate.ts";

const DAY_MS = 86_400_000;
const nowMs = Date.now();
const [fromMs, toMs] = [nowMs - DAY_MS, nowMs + DAY_MS];
const usual = { keyType: "ec", fromMs, toMs } as const;
const NAME = "s.default.svc";

const root = issueCertificate({ ...usual, commonName: "root", isAuthority: true });
const otherRoot = issueCertificate({ ...usual, commonName: "other", isAuthority: true });
const middle = issueCertificate({ ...usual, commonName: "middle", issuer: root, isAuthority: true });
const lower = issueCertificate({ ...usual, commonName: "lower", issuer: middle, isAuthority: true });
const good = issueCertificate({ ...usual, commonName: "good", issuer: root, names: [NAME, "named.example"] });
const expired = issueCertificate({ ...usual, commonName: "old", issuer: root, names: [NAME], toMs: nowMs - 3_600_000 });
const byMiddle = issueCertificate({ ...usual, commonName: "m", issuer: middle, names: [NAME] });
const byLower = issueCertificate({ ...usual, commonName: "l", issuer: lower, names: [NAME] });
const own = issueCertificate({ ...usual, commonName: "self", names: [NAME] });
const client = issueCertificate({ ...usual, commonName: "hawser", issuer: root });

function withChain(one: IssuedCertificate, ...issuers: readonly IssuedCertificate[]): TlsOptions {
  return { cert: [one, ...issuers].map(({ certificatePem }) => certificatePem).join(""), key: one.privateKeyPem };
}

/** An endpoint that speaks TLS and answers each request with 200; `sockets` are the connections whose handshake was complete. */
async function startTlsEndpoint(options: TlsOptions) {
  const sockets: TLSSocket[] = [];
  const reused: (boolean | null)[] = [];
  let received = "";
  const server = createServer({ ALPNProtocols: ["http/1.1"], ...options }, (socket) => {
    sockets.push(socket);
    reused.push(socket.isSessionReused());
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => {
      received += data.toString("latin1");
      for (let count = data.toString("latin1").split("\r\n\r\n").length - 1; count > 0; count--)
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
    });
  });
  server.on("tlsClientError", () => undefined);
  return {
    port: await listen(server),
    sockets,
    /** Whether each began with the session of an earlier one. */
    reused,
    received: () => received,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A proxy in front of one endpoint, with these annotations and what the Secret `default/s` has. */
async function startTlsProxy(
  port: number,
  annotations: Readonly<Record<string, string>>,
  secret?: Partial<CertificateSecret>,
) {
  const endpointSecurity = new EndpointTargets();
  if (secret !== undefined)
    endpointSecurity.useSecrets(new Map([["default/s", { pair: undefined, authoritiesPem: undefined, ...secret }]]));
  const ingresses = [annotatedIngress(annotations)];
  const proxy = await startProxy({ s: [port] }, { ingresses, endpointSecurity });
  return Object.assign(proxy, { endpointSecurity });
}

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const HTTPS = { "backend-protocol": "HTTPS" };
const VERIFIED = { ...HTTPS, "proxy-ssl-verify": "on", "proxy-ssl-secret": "s" };
const TRUSTS = { authoritiesPem: root.certificatePem };

describe("backend-protocol", () => {
  it.each([
    { annotations: HTTPS },
    { annotations: { "secure-backends": "true" } },
    { annotations: { "backend-protocol": "https", "secure-backends": "false" } },
  ])("$annotations: speaks TLS to an endpoint, whose certificate may be anything", async ({ annotations }) => {
    await using endpoint = await startTlsEndpoint(withChain(own));
    await using proxy = await startTlsProxy(endpoint.port, annotations);
    expect(await ask(proxy.port, GET)).toMatch(/^HTTP\/1\.1 200 .*page$/s);
    expect(endpoint.sockets[0]).toMatchObject({ alpnProtocol: "http/1.1", servername: false });
    expect(endpoint.received()).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  });

  it("sends large bodies both ways by TLS", async () => {
    const size = 3_000_000;
    const server = createServer(withChain(own), (socket) => {
      let got = 0;
      socket.on("error", () => undefined);
      socket.on("data", (data: Buffer) => {
        got += data.length;
        if (got > size) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${"y".repeat(size)}`);
      });
    });
    await using proxy = await startTlsProxy(await listen(server), HTTPS);
    using one = openClient(proxy.port);
    one.send(`POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`);
    one.send("x".repeat(size));
    const { text } = await one.ended();
    expect(text.length - text.indexOf("\r\n\r\n") - 4).toBe(size);
    server.close();
  });

  it("uses connections again, and TLS sessions where it needs new ones", async () => {
    await using endpoint = await startTlsEndpoint(withChain(good));
    await using proxy = await startTlsProxy(endpoint.port, VERIFIED, TRUSTS);
    using one = openClient(proxy.port);
    for (let count = 1; count <= 3; count++) {
      one.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
      await one.until((text) => text.split("page").length - 1 === count);
    }
    expect(endpoint.sockets.length).toBe(1);
    proxy.engine.endpointPool.closeIdleTo({
      key: [...proxy.engine.routes.backends.shards].flatMap((shard) => [...shard.values()])[0]!.endpoints[0]!.key,
      address: "",
      port: 0,
    });
    one.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await one.until((text) => text.split("page").length - 1 === 4);
    expect(endpoint.reused).toEqual([false, true]);
  });

  it("does not mix connections of rules that differ in TLS, or of one whose Secret has changed", async () => {
    await using endpoint = await startTlsEndpoint(withChain(good));
    const endpointSecurity = new EndpointTargets();
    const secret = (): Map<string, CertificateSecret> => new Map([["default/s", { pair: undefined, ...TRUSTS }]]);
    endpointSecurity.useSecrets(secret());
    const ingresses = [
      annotatedIngress(HTTPS, "plain", { path: "/plain" }),
      annotatedIngress(HTTPS, "alike", { path: "/alike" }),
      annotatedIngress(VERIFIED, "verified", { path: "/verified" }),
    ];
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses, endpointSecurity, limits: { settleMs: 0 } },
    );
    const connections: number[] = [];
    for (const path of ["/plain", "/alike", "/verified", "/plain", "/verified", "/changed"]) {
      if (path === "/changed") endpointSecurity.useSecrets(secret());
      const got = await ask(proxy.port, GET.replace("/ ", `${path === "/changed" ? "/verified" : path} `));
      expect(statusOf(got)).toBe(200);
      connections.push(endpoint.sockets.length);
    }
    expect(connections).toEqual([1, 1, 2, 2, 2, 3]);
  });

  it("HTTPS: an endpoint that speaks no TLS gets no request in clear: 502", async () => {
    await using endpoint = await startEndpoint((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await using proxy = await startTlsProxy(endpoint.port, HTTPS);
    expect(statusOf(await ask(proxy.port, GET))).toBe(502);
    expect(endpoint.received()).not.toContain("HTTP");
    expect(reasonsOf(proxy)).toEqual(["endpoint-tls-failed"]);
  });

  it.each([
    { transport: "AUTO_HTTP", isClientSecure: true, isSecure: true },
    { transport: "AUTO_HTTP", isClientSecure: false, isSecure: false },
    { transport: "HTTPS", isClientSecure: false, isSecure: true },
    { transport: "HTTP", isClientSecure: true, isSecure: false },
    { transport: undefined, isClientSecure: true, isSecure: false },
    // I-E10: honoured where no annotation speaks.
    { transport: undefined, appProtocol: "https", isClientSecure: false, isSecure: true },
    { transport: undefined, appProtocol: "HTTPS", isClientSecure: false, isSecure: true },
    { transport: "HTTP", appProtocol: "https", isClientSecure: true, isSecure: false },
    { transport: undefined, appProtocol: "kubernetes.io/h2c", isClientSecure: true, isSecure: false },
    { transport: undefined, appProtocol: "http", isClientSecure: true, isSecure: false },
  ])("I-E10 $transport with appProtocol $appProtocol, client by TLS $isClientSecure: TLS $isSecure", async (one) => {
    const port = { port: 80, name: "web", ...(one.appProtocol && { appProtocol: one.appProtocol }) };
    const manifest = { apiVersion: "v1", kind: "Service", metadata: { name: "s" }, spec: { ports: [port] } };
    const service = valueOf(parseService(object(JSON.stringify(manifest))));
    const backend = [...backendsOf(service, { slices: [] }).values()][0]!;
    await using proxy = await startTlsProxy(
      1,
      one.transport === undefined ? {} : { "backend-protocol": one.transport },
    );
    const [host] = proxy.engine.routes.hosts.shards.flatMap((shard) => [...shard.values()]);
    const rule = host!.prefixes[0]!.rule;
    expect(securityOf({ rule, backend }, one.isClientSecure, proxy.endpointSecurity) !== undefined).toBe(one.isSecure);
  });
});

function reasonsOf({ engine }: Awaited<ReturnType<typeof startTlsProxy>>): readonly string[] {
  const lines = [...engine.counters.reasons.entries()].filter(([, count]) => count > 0);
  return lines.map(([index]) => REASON_LIST[index]!);
}

describe("proxy-ssl-verify", () => {
  const cases = [
    { name: "one of the authority, for the Service", chain: withChain(good), status: 200 },
    { name: "one for another name", chain: withChain(good), more: { "proxy-ssl-name": "other.example" }, status: 502 },
    { name: "one for the name", chain: withChain(good), more: { "proxy-ssl-name": "named.example" }, status: 200 },
    { name: "one of another authority", chain: withChain(good), ca: otherRoot, status: 502 },
    { name: "one that it issued itself", chain: withChain(own), status: 502 },
    { name: "one that has expired", chain: withChain(expired), status: 502 },
    { name: "one with an authority between", chain: withChain(byMiddle, middle), status: 200 },
    { name: "one with two between", chain: withChain(byLower, lower, middle), status: 502 },
    {
      name: "one with two between, which may be",
      chain: withChain(byLower, lower, middle),
      more: { "proxy-ssl-verify-depth": "2" },
      status: 200,
    },
    {
      name: "one of a public authority, with no Secret",
      chain: withChain(own),
      more: { "proxy-ssl-secret": "" },
      status: 502,
    },
  ];

  it.each(cases)("on: $name: $status", async ({ chain, more = {}, ca = root, status }) => {
    await using endpoint = await startTlsEndpoint(chain);
    const secret = { authoritiesPem: ca.certificatePem };
    await using proxy = await startTlsProxy(endpoint.port, { ...VERIFIED, ...more }, secret);
    expect(statusOf(await ask(proxy.port, GET))).toBe(status);
    expect(endpoint.received() === "").toBe(status === 502);
    if (status === 502) expect(reasonsOf(proxy)).toEqual(["endpoint-untrusted"]);
  });

  it("off: shows a certificate, and none of it is verified", async () => {
    await using endpoint = await startTlsEndpoint({ ...withChain(own), requestCert: true, ca: root.certificatePem });
    const pair = { certificatePem: client.certificatePem, privateKeyPem: client.privateKeyPem };
    await using proxy = await startTlsProxy(endpoint.port, { ...HTTPS, "proxy-ssl-secret": "default/s" }, { pair });
    expect(statusOf(await ask(proxy.port, GET))).toBe(200);
    expect(endpoint.sockets[0]?.authorized).toBe(true);
    expect(endpoint.sockets[0]?.getPeerCertificate().subject.CN).toBe("hawser");
  });

  it("an endpoint that wants a certificate, and gets none: 502", async () => {
    const wants = { requestCert: true, rejectUnauthorized: true, ca: root.certificatePem };
    await using endpoint = await startTlsEndpoint({ ...withChain(own), ...wants });
    await using proxy = await startTlsProxy(endpoint.port, HTTPS);
    expect(statusOf(await ask(proxy.port, GET))).toBe(502);
    expect(endpoint.received()).toBe("");
  });

  it.each([
    { more: { "proxy-ssl-server-name": "on" }, said: NAME },
    { more: { "proxy-ssl-server-name": "on", "proxy-ssl-name": "named.example" }, said: "named.example" },
    { more: { "proxy-ssl-server-name": "on", "proxy-ssl-name": "10.0.0.1" }, said: false },
    { more: { "proxy-ssl-server-name": "off", "proxy-ssl-name": "named.example" }, said: false },
  ])("$more: the endpoint is told $said", async ({ more, said }) => {
    await using endpoint = await startTlsEndpoint(withChain(own));
    await using proxy = await startTlsProxy(endpoint.port, { ...HTTPS, ...more });
    expect(statusOf(await ask(proxy.port, GET))).toBe(200);
    expect(endpoint.sockets[0]?.servername).toBe(said);
  });

  it.each([
    { more: { "proxy-ssl-protocols": "TLSv1.2" }, spoken: "TLSv1.2" },
    { more: { "proxy-ssl-protocols": "TLSv1.1 TLSv1.2 TLSv1.3" }, spoken: "TLSv1.3" },
    { more: { "proxy-ssl-protocols": "TLSv1.3" }, spoken: "TLSv1.3" },
    { more: {}, spoken: "TLSv1.3" },
  ])("$more: $spoken", async ({ more, spoken }) => {
    await using endpoint = await startTlsEndpoint(withChain(own));
    await using proxy = await startTlsProxy(endpoint.port, { ...HTTPS, ...more });
    expect(statusOf(await ask(proxy.port, GET))).toBe(200);
    expect(endpoint.sockets[0]?.getProtocol()).toBe(spoken);
  });

  it("proxy-ssl-ciphers: only these are spoken, and where OpenSSL knows none of them nothing is", async () => {
    await using endpoint = await startTlsEndpoint(withChain(own));
    const ciphers = { "proxy-ssl-protocols": "TLSv1.2", "proxy-ssl-ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384" };
    await using proxy = await startTlsProxy(endpoint.port, { ...HTTPS, ...ciphers });
    expect(statusOf(await ask(proxy.port, GET))).toBe(200);
    expect(endpoint.sockets[0]?.getCipher().name).toBe("ECDHE-ECDSA-AES256-GCM-SHA384");
    await using none = await startTlsProxy(endpoint.port, { ...HTTPS, "proxy-ssl-ciphers": "NO-SUCH" });
    expect(statusOf(await ask(none.port, GET))).toBe(503);
    expect(reasonsOf(none)).toEqual(["closed-unsupported"]);
  });

  it.each([
    { name: "is missing", secret: undefined },
    { name: "has no authorities", secret: { pair: { certificatePem: client.certificatePem, privateKeyPem: "" } } },
  ])("503 while the Secret $name, and no endpoint is asked", async ({ secret }) => {
    await using endpoint = await startTlsEndpoint(withChain(good));
    await using proxy = await startTlsProxy(endpoint.port, VERIFIED, secret);
    expect(statusOf(await ask(proxy.port, GET))).toBe(503);
    expect(endpoint.sockets).toEqual([]);
    expect(reasonsOf(proxy)).toEqual(["closed-secret"]);
    proxy.endpointSecurity.useSecrets(new Map([["default/s", { pair: undefined, ...TRUSTS }]]));
    expect(statusOf(await ask(proxy.port, GET))).toBe(200);
  });

  it("the same settings are one target, for each name", () => {
    const targets = new EndpointTargets();
    const [one, other] = [endpointTls({}), endpointTls({ name: undefined })];
    expect(targets.targetOf(one, "a", "http/1.1")).toBe(targets.targetOf(other, "a", "http/1.1"));
    expect(targets.targetOf(one, "a", "http/1.1")).not.toBe(targets.targetOf(one, "b", "http/1.1"));
    expect(targets.targetOf(one, "a", "http/1.1")).not.toBe(
      targets.targetOf(endpointTls({ verifies: true }), "a", "http/1.1"),
    );
  });
});
