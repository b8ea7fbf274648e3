import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { Duplex } from "node:stream";
import { connect, getCiphers } from "node:tls";
import { describe, expect, it } from "vitest";
import { Engine } from "#ingress/engine/engine.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { netConnect } from "#ingress/io/net.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { answering, ask, listen, startEndpoint } from "#test/support/ingress-proxy.ts";

const nowMs = Date.now();
const rsa = issueCertificate({ commonName: "rsa", keyType: "rsa", fromMs: nowMs - 1_000, toMs: nowMs + 3_600_000 });

async function startTls(ciphers?: string, keyType: "ec" | "rsa" = "ec", isHttp2On = false) {
  const certificates = new Certificates(nowMs, ciphers);
  const fallback = keyType === "ec" ? certificates.fallback : { cert: rsa.certificatePem, key: rsa.privateKeyPem };
  const engine = new Engine({ connect: netConnect, clockMs: () => performance.now(), wallMs: Date.now });
  const server = engineTlsServer(engine, {
    contextOf: (name) => certificates.contextOf(name),
    fallback,
    ciphers,
    isHttp2On,
  });
  const port = await listen(server);
  return {
    port,
    engine,
    [Symbol.dispose]() {
      engine.close();
      server.close();
    },
  };
}

/** The suite that a TLS 1.2 client of these gets; undefined: no handshake. */
async function suiteOf(port: number, ciphers: string, servername?: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      maxVersion: "TLSv1.2",
      ciphers: `${ciphers}:@SECLEVEL=0`,
      ...(servername === undefined ? {} : { servername }),
    });
    socket.on("error", () => resolve(undefined));
    socket.on("secureConnect", () => {
      resolve(socket.getCipher().name);
      socket.destroy();
    });
  });
}

describe("the TLS port", () => {
  it.each([
    { isHttp2On: true, offers: ["http/1.1", "h2"], gets: "h2" },
    { isHttp2On: true, offers: ["h2"], gets: "h2" },
    { isHttp2On: true, offers: ["http/1.1"], gets: "http/1.1" },
    { isHttp2On: true, offers: [], gets: false },
    { isHttp2On: true, offers: ["h3"], gets: "no handshake" },
    { isHttp2On: false, offers: ["h2", "http/1.1"], gets: "http/1.1" },
    { isHttp2On: false, offers: ["h2"], gets: "no handshake" },
  ])(
    "I-T18 with HTTP/2 $isHttp2On a client that offers $offers by ALPN gets $gets",
    async ({ isHttp2On, offers, gets }) => {
      using tls = await startTls(undefined, "ec", isHttp2On);
      const socket = connect({ port: tls.port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: offers });
      const { promise, resolve } = Promise.withResolvers<string | false | null>();
      socket.on("error", () => resolve("no handshake"));
      socket.on("secureConnect", () => resolve(socket.alpnProtocol));
      expect(await promise).toBe(gets);
      socket.destroy();
    },
  );

  it.each([{ servername: "app.test" }, { servername: undefined }])(
    "I-T20 shakes hands where the first message comes byte by byte, with the server name $servername",
    async ({ servername }) => {
      using tls = await startTls();
      const plain = connectPlain(tls.port, "127.0.0.1");
      const slow = new Duplex({
        read: () => undefined,
        write(data: Buffer, _encoding, done) {
          for (const byte of data) plain.write(Buffer.of(byte));
          done();
        },
      });
      plain.setNoDelay(true);
      plain.on("data", (data) => slow.push(data));
      plain.on("error", () => undefined);
      const socket = connect({ socket: slow, rejectUnauthorized: false, ...(servername && { servername }) });
      await once(socket, "secureConnect");
      expect(socket.getPeerCertificate().subjectaltname).toBe("DNS:hawser.invalid");
      plain.destroy();
    },
  );

  it.each([
    { host: "app.test", port: "443" },
    { host: "app.test:8443", port: "8443" },
    { host: "[::1]", port: "443" },
  ])("I5 H6 whatever port it has itself, tells endpoints $port for Host: $host", async ({ host, port }) => {
    await using endpoint = await startEndpoint(answering("ok"));
    using tls = await startTls();
    const slices = slicesOf("s", [endpoint.port]);
    const ingresses = [ingressOf("i", { "": { "/": "s" } })];
    tls.engine.useRoutes(buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices })));
    const socket = connect({ port: tls.port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await once(socket, "data");
    socket.destroy();
    expect(endpoint.received()).toContain(`\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: ${port}\r\n`);
  });

  it.each([
    { ciphers: "AES128-GCM-SHA256", keyType: "rsa", what: "no forward secrecy" },
    { ciphers: "AES256-SHA", keyType: "rsa", what: "no forward secrecy, CBC with SHA-1" },
    { ciphers: "ECDHE-RSA-AES128-SHA", keyType: "rsa", what: "CBC with SHA-1" },
    { ciphers: "ECDHE-ECDSA-AES128-SHA", keyType: "ec", what: "CBC with SHA-1" },
    { ciphers: "ECDHE-ECDSA-AES256-SHA384", keyType: "ec", what: "CBC" },
  ] as const)("H13 does not take $ciphers: $what", async ({ ciphers, keyType }) => {
    using tls = await startTls(undefined, keyType);
    expect(await suiteOf(tls.port, ciphers)).toBeUndefined();
    if (keyType === "ec") expect(await suiteOf(tls.port, ciphers, "a.com")).toBeUndefined();
    const usual = `ECDHE-${keyType === "ec" ? "ECDSA" : "RSA"}-AES128-GCM-SHA256`;
    expect(await suiteOf(tls.port, usual)).toBe(usual);
  });

  it.each([
    { keyType: "ec", signature: "ECDSA" },
    { keyType: "rsa", signature: "RSA" },
  ] as const)("H13 takes no other suites of TLS 1.2 than these by default with a key of $keyType", async (row) => {
    using tls = await startTls(undefined, row.keyType);
    const taken: (string | undefined)[] = [];
    for (const name of getCiphers().filter((one) => !one.startsWith("tls_")))
      taken.push(await suiteOf(tls.port, name.toUpperCase()).catch(() => undefined));
    expect(taken.length).toBeGreaterThan(40);
    expect(taken.filter((name) => name !== undefined).sort()).toEqual([
      `ECDHE-${row.signature}-AES128-GCM-SHA256`,
      `ECDHE-${row.signature}-AES256-GCM-SHA384`,
      `ECDHE-${row.signature}-CHACHA20-POLY1305`,
    ]);
  });

  it("H13 takes ECDHE with AEAD, with and without a server name, and other suites by option", async () => {
    using tls = await startTls();
    expect(await suiteOf(tls.port, "ECDHE-ECDSA-AES128-GCM-SHA256")).toBe("ECDHE-ECDSA-AES128-GCM-SHA256");
    expect(await suiteOf(tls.port, "ECDHE-ECDSA-CHACHA20-POLY1305", "a.com")).toBe("ECDHE-ECDSA-CHACHA20-POLY1305");
    using old = await startTls("ECDHE-ECDSA-AES128-SHA");
    expect(await suiteOf(old.port, "ECDHE-ECDSA-AES128-SHA", "a.com")).toBe("ECDHE-ECDSA-AES128-SHA");
  });

  it.each(["GET", "POST", "HEAD", "OPTIONS", "DELETE", "PATCH", "CONNECT"])(
    "I17 answers a plain %s with 400 and a sentence, and counts it",
    async (method) => {
      using tls = await startTls();
      const text = await ask(tls.port, `${method} / HTTP/1.1\r\nHost: a.com\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(text).toContain("this port speaks HTTPS; use a URL that begins with https://");
      expect(tls.engine.counters.reasons[REASON_LIST.indexOf("plain-http-on-tls-port")]).toBe(1);
    },
  );
});
