import { X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Engine } from "#ingress/engine/engine.ts";
import { netConnect } from "#ingress/io/net.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { servedFor } from "#src/tls/certificates-by-host.ts";
import { type CertificateClaims, certificateClaims } from "#src/tls/certificate-claims.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { type KeyPair, selfSigned } from "#ingress/tls/self-signed.ts";
import type { Problem } from "#src/model/problem.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { answering, listen, startEndpoint, type TestEndpoint } from "#test/support/ingress-proxy.ts";

const nowMs = Date.now();
const pairs = Object.fromEntries(["a.com", "*.a.com", "b.com"].map((name) => [name, selfSigned(name, nowMs)]));

function secretOf(key: string, { cert, key: privateKeyPem }: KeyPair) {
  return [key, { key, certificatePem: cert, privateKeyPem }] as const;
}

function claimsOf(byHost: Readonly<Record<string, string>>): CertificateClaims {
  const namedBy = new Map(Object.values(byHost).map((key) => [key, ingressOf("i", {})]));
  const claims = Object.entries(byHost).map(([host, key]) => [host, [key]] as const);
  const hostsBySecret = new Map(claims.map(([host, [key]]) => [key, new Set([host])] as const));
  const none = { byOwnNames: new Set<string>(), aliases: new Map(), unnamed: new Map() };
  return { byHost: new Map(claims), ...none, hostsBySecret, namedBy };
}

function printed(problems: ReadonlyMap<string, readonly Problem[]>): readonly string[] {
  return [...problems.values()].flat().map(({ code, at }) => `${code} ${printPlace(at)}`);
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
  it("I-T5 I-T7 I-T13 gives a host to the oldest Ingress, and an entry without hosts to all hosts of its rules", () => {
    const tls = (secretName: string, hosts: readonly string[]) => ({ tls: [{ hosts, secretName }] });
    const claims = certificateClaims([
      ingressOf("young", { "c.com": {} }, { createdMs: 2, ...tls("young", ["a.com"]) }),
      ingressOf("old", {}, { createdMs: 1, ...tls("old", ["a.com"]) }),
      ingressOf("all", { "d.com": {}, "e.com": {} }, { createdMs: 3, ...tls("all", []) }),
      ingressOf("none", { "f.com": {} }, { tls: [{ hosts: ["f.com"], secretName: undefined }] }),
    ]);
    expect(Object.fromEntries(claims.byHost)).toEqual({
      "a.com": ["default/old", "default/young"],
      "d.com": ["default/all"],
      "e.com": ["default/all"],
    });
  });
});

describe("Certificates", () => {
  it("I-C15 serves an alias with a certificate of its host that is for it, unless an entry names it", () => {
    const tls = [{ hosts: ["a.com"], secretName: "wild" }];
    const aliasOf = (host: string) => ({ host, paths: [], isAdded: true as const, aliasOf: "a.com" });
    const ingress = ingressOf("i", {}, { tls, rules: [aliasOf("x.a.com"), aliasOf("c.com"), aliasOf("b.com")] });
    const other = ingressOf("j", {}, { tls: [{ hosts: ["b.com"], secretName: "b" }] });
    const certificates = new Certificates(nowMs);
    const secrets = [secretOf("default/wild", pairs["*.a.com"]!), secretOf("default/b", pairs["b.com"]!)];
    certificates.use({ claims: certificateClaims([ingress, other]), secrets: new Map(secrets), nowMs });
    const of = (name: string) => certificates.contextOf(name);
    expect([of("x.a.com") === of("a.com"), of("c.com") === of("none"), of("b.com") === of("none")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("certificates of hosts that no tls entry names", () => {
  const [wild, b] = [pairs["*.a.com"]!, pairs["b.com"]!];
  const tls = [{ hosts: ["a.com"], secretName: "wild" }];
  const contextsOf = (...ingresses: readonly ReturnType<typeof ingressOf>[]) => {
    const certificates = new Certificates(nowMs);
    const secrets = new Map([secretOf("default/wild", wild), secretOf("default/b", b)]);
    certificates.use({ claims: certificateClaims(ingresses), secrets, nowMs });
    return (name: string) => certificates.contextOf(name);
  };

  it("I-T6 I-T14 are those of another entry of their Ingress that are for them, and no others", () => {
    const of = contextsOf(ingressOf("i", { "a.com": {}, "x.a.com": {}, "c.com": {} }, { tls }));
    expect([of("x.a.com") === of("a.com"), of("c.com") === of("none"), of("y.a.com") === of("none")]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("I-T6 I-T13 yield to an entry of any Ingress that names the host", () => {
    const other = ingressOf("j", {}, { createdMs: 1, tls: [{ hosts: ["x.a.com"], secretName: "b" }] });
    const of = contextsOf(ingressOf("i", { "x.a.com": {} }, { tls }), other);
    expect([of("x.a.com") === of("a.com"), of("x.a.com") === of("none")]).toEqual([false, false]);
  });
});

describe("TLS", () => {
  let endpoint: TestEndpoint;
  let port: number;
  const certificates = new Certificates(nowMs);
  const engine = new Engine({ connect: netConnect, clockMs: () => performance.now(), wallMs: Date.now });
  const server = engineTlsServer(engine, {
    contextOf: (name) => certificates.contextOf(name),
    fallback: certificates.fallback,
    onFallbackChange: (use) => certificates.onFallbackChange(use),
  });
  beforeAll(async () => {
    endpoint = await startEndpoint(answering("x".repeat(300_000)));
    port = await listen(server);
    const ingresses = [ingressOf("i", { "": { "/": "s" } })];
    const slices = slicesOf("s", [endpoint.port]);
    engine.useRoutes(buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices })));
    certificates.use({
      claims: claimsOf(Object.fromEntries(Object.keys(pairs).map((name) => [name, `default/${name}`]))),
      secrets: new Map(Object.entries(pairs).map(([name, pair]) => secretOf(`default/${name}`, pair))),
      nowMs,
    });
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
  ])(
    "I-T1 I-T2 I-T3 I-T4 serves $servername with the certificate of $gets, and the whole answer",
    async ({ servername, gets }) => {
      const { certificate, protocol, body } = await handshake(servername);
      expect(certificate.subjectaltname).toBe(`DNS:${gets}`);
      expect(protocol).toBe("TLSv1.3 http/1.1");
      expect(body.endsWith("x".repeat(300_000))).toBe(true);
      expect(endpoint.received()).toContain("X-Forwarded-Proto: https");
    },
  );

  it("I-T16 adds no Strict-Transport-Security that nobody asked for", async () => {
    expect((await handshake("a.com")).body.split("\r\n\r\n")[0]).not.toMatch(/strict-transport-security/i);
  });

  it("I-T21 finds a certificate by two questions, however many hosts there are", () => {
    const asked: string[] = [];
    const byHost = new Map(Array.from({ length: 5_000 }, (_, index) => [`h${index}.com`, index]));
    byHost.get = (name) => {
      asked.push(name);
      return undefined;
    };
    expect(servedFor(byHost, "x.h1.com")).toBeUndefined();
    expect(asked).toEqual(["x.h1.com", "*.h1.com"]);
  });

  it("never stalls, in 100 answers", async () => {
    for (let count = 0; count < 100; count++) expect((await handshake("a.com")).body.length).toBeGreaterThan(300_000);
  });

  it("I-T17 speaks TLS 1.2 and nothing older", async () => {
    expect((await handshake("a.com", { maxVersion: "TLSv1.2" })).protocol).toBe("TLSv1.2 http/1.1");
    await expect(
      handshake("a.com", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
    ).rejects.toThrow();
  });

  it("I-T8 says why a Secret cannot be used, serves the default for it, and heals", async () => {
    const [a, b] = [pairs["a.com"]!, pairs["b.com"]!];
    const claims = claimsOf({ "b.com": "default/b" });
    const use = (pair: KeyPair) =>
      printed(certificates.use({ claims, secrets: new Map([secretOf("default/b", pair)]), nowMs }));
    certificates.use({ claims, secrets: new Map(), nowMs });
    expect(use({ cert: b.cert, key: a.key })).toEqual(['SECRET_UNUSABLE Secret "default/b" tls.key']);
    expect((await handshake("b.com")).certificate.subjectaltname).toBe("DNS:hawser.invalid");
    expect(use({ ...b, cert: b.cert.replace(/\n.*\n/, "\nAAAA\n") })).toHaveLength(1);
    expect(use(b)).toEqual([]);
    expect((await handshake("b.com")).certificate.subjectaltname).toBe("DNS:b.com");
  });

  it("I-T12 I9 H17 serves the last good certificate after a bad rotation, says so, and forgets it with its Secret", async () => {
    const [a, b] = [pairs["a.com"]!, pairs["b.com"]!];
    const claims = claimsOf({ "b.com": "default/b" });
    const use = (secrets: ReadonlyMap<string, TlsSecret | undefined>) =>
      printed(certificates.use({ claims, secrets, nowMs }));
    const nameNow = async () => (await handshake("b.com")).certificate.subjectaltname;
    expect(use(new Map([secretOf("default/b", b)]))).toEqual([]);
    const bad = [
      secretOf("default/b", { cert: b.cert, key: a.key }),
      secretOf("default/b", { ...b, cert: "" }),
      ["default/b", undefined] as const,
    ];
    for (const entry of bad) {
      expect(use(new Map([entry]))).toContain('SECRET_LAST_GOOD_SERVED Secret "default/b"');
      expect(await nameNow()).toBe("DNS:b.com");
    }
    use(new Map());
    expect(await nameNow()).toBe("DNS:hawser.invalid");
    use(new Map([["default/b", undefined]]));
    expect(await nameNow()).toBe("DNS:hawser.invalid");
  });

  it("I-T13 I9 an older Ingress whose Secret is missing, unusable or for other hosts takes no certificate away", async () => {
    const [a, b] = [pairs["a.com"]!, pairs["b.com"]!];
    const ingresses = ["old", "young"].map((name, createdMs) =>
      ingressOf(name, {}, { createdMs, tls: [{ hosts: ["b.com"], secretName: name }] }),
    );
    const claims = certificateClaims(ingresses);
    const nameWith = async (...old: readonly (readonly [string, TlsSecret | undefined])[]) => {
      certificates.use({ claims, secrets: new Map([...old, secretOf("default/young", b)]), nowMs });
      return (await handshake("b.com")).certificate.subjectaltname;
    };
    expect(await nameWith()).toBe("DNS:b.com");
    expect(await nameWith(["default/old", undefined])).toBe("DNS:b.com");
    expect(await nameWith(secretOf("default/old", { cert: a.cert, key: b.key }))).toBe("DNS:b.com");
    expect(await nameWith(secretOf("default/old", a))).toBe("DNS:b.com");
    certificates.use({ claims, secrets: new Map([secretOf("default/old", a)]), nowMs });
    expect((await handshake("b.com")).certificate.subjectaltname).toBe("DNS:a.com");
  });

  it("I-T5 I10 serves a tls entry without hosts, on an Ingress without hosts, by the names of its certificate", async () => {
    const [a, wild] = [pairs["a.com"]!, pairs["*.a.com"]!];
    const ingresses = [
      ingressOf("any", { "": { "/": "s" } }, { tls: [{ hosts: [], secretName: "wild" }] }),
      ingressOf("none", {}, { createdMs: 1, tls: [{ hosts: [], secretName: "a" }] }),
    ];
    const claims = certificateClaims(ingresses);
    const secrets = new Map([secretOf("default/a", a), secretOf("default/wild", wild)]);
    expect(printed(certificates.use({ claims, secrets, nowMs }))).toEqual([]);
    expect((await handshake("x.a.com")).certificate.subjectaltname).toBe("DNS:*.a.com");
    expect((await handshake("a.com")).certificate.subjectaltname).toBe("DNS:a.com");
    expect((await handshake("b.com")).certificate.subjectaltname).toBe("DNS:hawser.invalid");
  });

  it("I-T3 I10 serves the default certificate that is named, also to clients without a server name", async () => {
    const use = (defaultSecret: string | undefined) =>
      certificates.use({
        claims: claimsOf({ "a.com": "default/a" }),
        secrets: new Map([secretOf("default/a", pairs["a.com"]!), secretOf("edge/any", pairs["b.com"]!)]),
        defaultSecret,
        nowMs,
      });
    use("edge/any");
    for (const name of ["unknown.org", undefined])
      expect((await handshake(name)).certificate.subjectaltname).toBe("DNS:b.com");
    expect((await handshake("a.com")).certificate.subjectaltname).toBe("DNS:a.com");
    use(undefined);
    for (const name of ["unknown.org", undefined])
      expect((await handshake(name)).certificate.subjectaltname).toBe("DNS:hawser.invalid");
  });
});
