import { X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Engine } from "#ingress/engine/engine.ts";
import { netConnect } from "#ingress/io/net.ts";
import { secureServer } from "#ingress/io/servers.ts";
import { certificateClaims, Certificates } from "#ingress/tls/certificates.ts";
import { type KeyPair, selfSigned } from "#ingress/tls/self-signed.ts";
import { buildRoutes } from "#src/routing/build-routes.ts";
import { routingSnapshot } from "#src/routing/routing-snapshot.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { answering, listen, startEndpoint, type TestEndpoint } from "#test/support/ingress-proxy.ts";

const nowMs = Date.now();
const pairs = Object.fromEntries(["a.com", "*.a.com", "b.com"].map((name) => [name, selfSigned(name, nowMs)]));

function secretOf(key: string, { cert, key: privateKeyPem }: KeyPair) {
  return [key, { key, certificatePem: cert, privateKeyPem }] as const;
}

describe("selfSigned()", () => {
  it("makes a certificate that verifies with its own key and names the host", () => {
    const certificate = new X509Certificate(pairs["b.com"]!.cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkHost("b.com")).toBe("b.com");
    expect(certificate.checkHost("a.com")).toBeUndefined();
    expect(certificate.validFromDate.getTime()).toBeLessThan(nowMs);
    expect(certificate.validToDate.getTime()).toBeGreaterThan(nowMs + 3_000 * 86_400_000);
  });

  it.each(["2026-11-21", "2045-01-01", "2060-06-01"])("reads the same dates back around %s", (day) => {
    const certificate = new X509Certificate(selfSigned("x", Date.parse(day)).cert);
    expect(certificate.validFromDate.getTime()).toBe(Date.parse(day) - 86_400_000);
  });
});

describe("certificateClaims()", () => {
  it("gives a host to the oldest Ingress, and an entry without hosts to all hosts of its rules", () => {
    const tls = (secretName: string, hosts: readonly string[]) => ({ tls: [{ hosts, secretName }] });
    const claims = certificateClaims([
      ingressOf("young", { "c.com": {} }, { createdMs: 2, ...tls("young", ["a.com"]) }),
      ingressOf("old", {}, { createdMs: 1, ...tls("old", ["a.com"]) }),
      ingressOf("all", { "d.com": {}, "e.com": {} }, { createdMs: 3, ...tls("all", []) }),
      ingressOf("none", { "f.com": {} }, { tls: [{ hosts: ["f.com"], secretName: undefined }] }),
    ]);
    expect(Object.fromEntries(claims)).toEqual({
      "a.com": "default/old",
      "d.com": "default/all",
      "e.com": "default/all",
    });
  });
});

describe("TLS", () => {
  let endpoint: TestEndpoint;
  let port: number;
  const certificates = new Certificates(nowMs);
  const engine = new Engine({ connect: netConnect, clockMs: () => performance.now(), wallMs: Date.now });
  const server = secureServer({
    accept: (connection) => engine.accept(connection),
    maxConnections: 100,
    contextOf: (name) => certificates.contextOf(name),
    fallback: certificates.fallback,
    onHandshakeFailure: () => undefined,
  });
  beforeAll(async () => {
    endpoint = await startEndpoint(answering("x".repeat(300_000)));
    port = await listen(server);
    const ingresses = [ingressOf("i", { "": { "/": "s" } })];
    const slices = slicesOf("s", [endpoint.port]);
    engine.useRoutes(buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices })));
    certificates.use(
      new Map(Object.keys(pairs).map((name) => [name, `default/${name}`])),
      new Map(Object.entries(pairs).map(([name, pair]) => secretOf(`default/${name}`, pair))),
    );
  });
  afterAll(async () => {
    engine.close();
    await endpoint[Symbol.asyncDispose]();
    await new Promise((resolve) => server.close(resolve));
  });

  async function handshake(servername: string | undefined, more = {}) {
    const done = Promise.withResolvers<{ certificate: DetailedPeerCertificate; protocol: string; body: string }>();
    const socket = connect({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
      ...(servername === undefined ? {} : { servername }),
      ...more,
    });
    let text = "";
    socket
      .on("error", done.reject)
      .on("secureConnect", () => socket.write("GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n"));
    let certificate: DetailedPeerCertificate;
    socket.on("data", (data) => {
      certificate ??= socket.getPeerCertificate(true);
      text += data.toString("latin1");
    });
    socket.on("end", () =>
      done.resolve({ certificate, protocol: `${socket.getProtocol()} ${socket.alpnProtocol}`, body: text }),
    );
    return done.promise;
  }

  it.each([
    { servername: "a.com", gets: "a.com" },
    { servername: "A.COM.", gets: "a.com" },
    { servername: "x.a.com", gets: "*.a.com" },
    { servername: "y.x.a.com", gets: "hawser.invalid" },
    { servername: "b.com", gets: "b.com" },
    { servername: "unknown.org", gets: "hawser.invalid" },
    { servername: undefined, gets: "hawser.invalid" },
  ])("serves $servername with the certificate of $gets, and the whole answer", async ({ servername, gets }) => {
    const { certificate, protocol, body } = await handshake(servername);
    expect(certificate.subjectaltname).toBe(`DNS:${gets}`);
    expect(protocol).toBe("TLSv1.3 http/1.1");
    expect(body.endsWith("x".repeat(300_000))).toBe(true);
    expect(endpoint.received()).toContain("X-Forwarded-Proto: https");
  });

  it("never stalls, in 100 answers", async () => {
    for (let count = 0; count < 100; count++) expect((await handshake("a.com")).body.length).toBeGreaterThan(300_000);
  });

  it("speaks TLS 1.2 and nothing older", async () => {
    expect((await handshake("a.com", { maxVersion: "TLSv1.2" })).protocol).toBe("TLSv1.2 http/1.1");
    await expect(
      handshake("a.com", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
    ).rejects.toThrow();
  });

  it("says why a Secret cannot be used, serves the default for it, and heals", async () => {
    const [a, b] = [pairs["a.com"]!, pairs["b.com"]!];
    const claims = new Map([["b.com", "default/b"]]);
    const mismatch = certificates.use(claims, new Map([secretOf("default/b", { cert: b.cert, key: a.key })]));
    expect(mismatch.map(({ code, where }) => `${code} ${where}`)).toEqual(['SECRET_UNUSABLE Secret "default/b"']);
    expect((await handshake("b.com")).certificate.subjectaltname).toBe("DNS:hawser.invalid");
    const broken = b.cert.replace(/\n.*\n/, "\nAAAA\n");
    expect(certificates.use(claims, new Map([secretOf("default/b", { ...b, cert: broken })]))).toHaveLength(1);
    expect(certificates.use(claims, new Map([secretOf("default/b", b)]))).toEqual([]);
    expect((await handshake("b.com")).certificate.subjectaltname).toBe("DNS:b.com");
  });
});
