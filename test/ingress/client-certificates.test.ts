import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, createSecureContext, type ConnectionOptions, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { clientCertificatesFor } from "#src/routing/route.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { ClientAuthorities } from "#ingress/tls/client-authorities.ts";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
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
import { issueCertificate, type IssuedCertificate } from "#test/support/issue-certificate.ts";
import { issueRevocations } from "#test/support/issue-revocations.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

const DAY_MS = 86_400_000;
const nowMs = Date.now();
const usual = { keyType: "ec", fromMs: nowMs - DAY_MS, toMs: nowMs + DAY_MS } as const;

const root = issueCertificate({ ...usual, commonName: "root", isAuthority: true });
const otherRoot = issueCertificate({ ...usual, commonName: "other", isAuthority: true });
const middle = issueCertificate({ ...usual, commonName: "middle", issuer: root, isAuthority: true });
const lower = issueCertificate({ ...usual, commonName: "lower", issuer: middle, isAuthority: true });
const good = issueCertificate({ ...usual, commonName: 'Zoë, "ops"', issuer: root });
const foreign = issueCertificate({ ...usual, commonName: "foreign", issuer: otherRoot });
const expired = issueCertificate({ ...usual, commonName: "old", issuer: root, toMs: nowMs - 3_600_000 });
const byMiddle = issueCertificate({ ...usual, commonName: "m", issuer: middle });
const byLower = issueCertificate({ ...usual, commonName: "l", issuer: lower });

const ON = { "auth-tls-secret": "ca" };
const secretOf = (authority: IssuedCertificate, revoked: readonly IssuedCertificate[] = []): CertificateSecret => ({
  pair: undefined,
  authoritiesPem: authority.certificatePem,
  ...(revoked.length > 0 && { revocationPems: [issueRevocations(authority, revoked, usual)] }),
});

type Shown = readonly IssuedCertificate[];

function shown([first, ...issuers]: Shown): ConnectionOptions {
  if (first === undefined) return {};
  return { cert: [first, ...issuers].map(({ certificatePem }) => certificatePem).join(""), key: first.privateKeyPem };
}

const SECRETS: Readonly<Record<string, IssuedCertificate>> = { "default/ca": root, "default/other": otherRoot };

/** The TLS port in front of one endpoint: `a.com` with these annotations, `b.com` with those of `other`, `c.com` without any. */
async function startSecure(
  annotations: Readonly<Record<string, string>>,
  { other = {}, secrets = SECRETS, more = [] as readonly Ingress[] } = {},
) {
  const endpoint = await startEndpoint(answering("page"));
  const ingresses = [
    annotatedIngress(annotations, "a"),
    annotatedIngress(other, "b", { host: "b.com" }),
    annotatedIngress({}, "c", { host: "c.com" }),
    ...more,
  ];
  const proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
  const { engine } = proxy;
  const authorities = new ClientAuthorities(Date.now);
  const useSecrets = (named: Readonly<Record<string, IssuedCertificate>>, revoked?: Shown): void =>
    authorities.useSecrets(new Map(Object.entries(named).map(([key, one]) => [key, secretOf(one, revoked)])));
  useSecrets(secrets);
  const pair = selfSigned("hawser.invalid", nowMs);
  const context = createSecureContext(pair);
  const server = engineTlsServer(engine, {
    contextOf: () => context,
    verificationOf: (host) => {
      const policy = clientCertificatesFor(engine.routes, host);
      return policy && authorities.verificationFor(policy, host, pair);
    },
    onTrustChange: (forget) => authorities.onChange(forget),
    fallback: pair,
  });
  const port = await listen(server);
  return {
    port,
    proxy,
    endpoint,
    authorities,
    useSecrets,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await proxy[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

type Secure = Awaited<ReturnType<typeof startSecure>>;

interface Asked {
  readonly certificates?: Shown;
  readonly host?: string;
  readonly serverName?: string;
  readonly session?: Buffer | undefined;
  readonly fields?: string;
  readonly version?: "TLSv1.2" | "TLSv1.3";
}

/** One request on a connection of its own: the answer, whether the session was resumed, and the session that it leaves. */
async function askSecurely({ port }: Pick<Secure, "port">, asked: Asked = {}) {
  const { certificates = [], host = "a.com", serverName = host, session, fields = "", version = "TLSv1.3" } = asked;
  let text = "";
  let latest: Buffer | undefined;
  let isReused = false;
  const socket: TLSSocket = connectTls({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
    ...(serverName !== "" && { servername: serverName }),
    ...(session !== undefined && { session }),
    ...shown(certificates),
  });
  socket.on("session", (given) => (latest = given));
  socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
  socket.on("secureConnect", () => (isReused = socket.isSessionReused()));
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n${fields}Connection: close\r\n\r\n`);
  await closed;
  return { text, status: statusOf(text), session: latest, isReused };
}

function reasonsOf({ proxy }: Secure): readonly string[] {
  const { reasons } = proxy.engine.counters;
  return REASON_LIST.filter((_, index) => reasons[index]! > 0);
}

/** The fields that the endpoint got, by name. */
function fieldsOf(received: string): Readonly<Record<string, string>> {
  const lines = [...received.matchAll(/^(ssl-client-[a-z-]+): (.*)\r$/gim)];
  return Object.fromEntries(lines.map(([, name = "", value = ""]) => [name.toLowerCase(), value]));
}

/** A folder with these files. */
async function withFiles(files: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(tmpdir(), "hawser-certificates-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true }) };
}

/** A real nginx that ends TLS before an endpoint and knows `root` as an authority. Debian's speaks TLS 1.2, and no other unless told to. */
async function startSecureNginx(endpointPort: number, directives: string) {
  const pair = selfSigned("a.com", nowMs);
  const files = await withFiles({ "cert.pem": pair.cert, "key.pem": pair.key, "ca.pem": root.certificatePem });
  const tls = `ssl_certificate ${files.path}/cert.pem; ssl_certificate_key ${files.path}/key.pem; ssl_client_certificate ${files.path}/ca.pem;`;
  const port = await closedPort();
  const nginx = await startNginx({
    endpointPort,
    http: `server { listen 127.0.0.1:${port} ssl; ${tls} ${directives} location / { proxy_pass http://127.0.0.1:${endpointPort}; } }`,
  });
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await nginx[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

const cases: readonly {
  readonly name: string;
  readonly certificates: Shown;
  readonly status: Readonly<Record<"on" | "optional" | "optional_no_ca", number>>;
  readonly reason?: string;
}[] = [
  {
    name: "none",
    certificates: [],
    status: { on: 400, optional: 200, optional_no_ca: 200 },
    reason: "client-certificate-missing",
  },
  { name: "one of the authority", certificates: [good], status: { on: 200, optional: 200, optional_no_ca: 200 } },
  {
    name: "one of another authority",
    certificates: [foreign],
    status: { on: 400, optional: 400, optional_no_ca: 200 },
    reason: "client-certificate-bad",
  },
  {
    name: "one that has expired",
    certificates: [expired],
    status: { on: 400, optional: 400, optional_no_ca: 400 },
    reason: "client-certificate-bad",
  },
  {
    name: "one with an authority between",
    certificates: [byMiddle, middle],
    status: { on: 200, optional: 200, optional_no_ca: 200 },
  },
  {
    name: "one whose authority is not shown",
    certificates: [byMiddle],
    status: { on: 400, optional: 400, optional_no_ca: 200 },
    reason: "client-certificate-bad",
  },
  {
    name: "one with two authorities between",
    certificates: [byLower, lower, middle],
    status: { on: 400, optional: 400, optional_no_ca: 400 },
    reason: "client-certificate-bad",
  },
];

const modes = ["on", "optional", "optional_no_ca"] as const;

describe("auth-tls-secret", () => {
  it.each(modes.flatMap((mode) => cases.map((one) => ({ mode, ...one }))))(
    "I-T19 $mode, $name",
    async ({ mode, certificates, status, reason }) => {
      await using secure = await startSecure({ ...ON, "auth-tls-verify-client": mode });
      const answer = await askSecurely(secure, { certificates });
      expect(answer.status).toBe(status[mode]);
      expect(reasonsOf(secure)).toEqual(status[mode] === 200 ? [] : [reason]);
      expect(secure.endpoint.received() === "").toBe(status[mode] !== 200);
      // A host that asks for none has nothing to do with it.
      expect((await askSecurely(secure, { host: "c.com", certificates })).status).toBe(200);
    },
  );

  it("by TLS 1.2 too", async () => {
    await using secure = await startSecure(ON);
    expect((await askSecurely(secure, { version: "TLSv1.2" })).status).toBe(400);
    expect((await askSecurely(secure, { version: "TLSv1.2", certificates: [good] })).status).toBe(200);
  });

  it("auth-tls-verify-depth lets more authorities be between", async () => {
    await using secure = await startSecure({ ...ON, "auth-tls-verify-depth": "2" });
    expect((await askSecurely(secure, { certificates: [byLower, lower, middle] })).status).toBe(200);
  });

  it("I-T19 a request for another host than the connection's server name gets 421", async () => {
    await using secure = await startSecure(ON, { other: { "auth-tls-secret": "other" } });
    for (const asked of [
      { serverName: "c.com" },
      { serverName: "b.com", certificates: [foreign] },
      { serverName: "b.com", certificates: [good] },
      { serverName: "", certificates: [good] },
    ])
      expect((await askSecurely(secure, asked)).status).toBe(421);
    expect(reasonsOf(secure)).toEqual(["misdirected"]);
    expect(secure.endpoint.received()).toBe("");
    expect((await askSecurely(secure, { host: "A.com.", serverName: "a.com", certificates: [good] })).status).toBe(200);
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "I-T22 a resumed session shows no more than its handshake did, by %s",
    async (version) => {
      await using secure = await startSecure(ON, { other: { "auth-tls-secret": "other" } });
      const first = await askSecurely(secure, { certificates: [good], version });
      expect(first).toMatchObject({ status: 200, isReused: false });
      expect(await askSecurely(secure, { session: first.session, version })).toMatchObject({
        status: 200,
        isReused: true,
      });
      // The session of a host without certificates, and one of another authority, get nobody in.
      const plain = await askSecurely(secure, { host: "c.com", version });
      expect((await askSecurely(secure, { session: plain.session, version })).status).toBe(400);
      const other = await askSecurely(secure, { host: "b.com", certificates: [foreign], version });
      expect(other.status).toBe(200);
      expect((await askSecurely(secure, { session: other.session, version })).status).toBe(400);
      const refused = await askSecurely(secure, { certificates: [foreign], version });
      expect(refused.status).toBe(400);
      expect((await askSecurely(secure, { session: refused.session, version })).status).toBe(400);
    },
  );

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "I-T22 a client without a certificate resumes where it is optional, by %s",
    async (version) => {
      await using secure = await startSecure({ ...ON, "auth-tls-verify-client": "optional" });
      const first = await askSecurely(secure, { version });
      expect(first).toMatchObject({ status: 200, isReused: false });
      expect(await askSecurely(secure, { session: first.session, version })).toMatchObject({
        status: 200,
        isReused: true,
      });
    },
  );

  it("I-T22 other authorities count for the next connection, resumed or not", async () => {
    await using secure = await startSecure(ON);
    const first = await askSecurely(secure, { certificates: [good] });
    secure.useSecrets({ "default/ca": otherRoot });
    const again = await askSecurely(secure, { session: first.session, certificates: [good] });
    expect(again).toMatchObject({ status: 400, isReused: false });
    expect((await askSecurely(secure, { certificates: [foreign] })).status).toBe(200);
  });

  it("a certificate that ca.crl revokes does not come in, resumed or not; others do", async () => {
    await using secure = await startSecure(ON);
    const revoked = issueCertificate({ ...usual, commonName: "lost", issuer: root });
    const before = await askSecurely(secure, { certificates: [revoked] });
    expect(before.status).toBe(200);
    secure.useSecrets({ "default/ca": root }, [revoked]);
    expect((await askSecurely(secure, { certificates: [revoked] })).status).toBe(400);
    expect((await askSecurely(secure, { session: before.session, certificates: [revoked] })).status).toBe(400);
    expect((await askSecurely(secure, { certificates: [good] })).status).toBe(200);
  });

  it("503 where OpenSSL cannot read ca.crl, and the program goes on", async () => {
    await using secure = await startSecure(ON);
    const revocationPems = ["-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"];
    secure.authorities.useSecrets(new Map([["default/ca", { ...secretOf(root), revocationPems }]]));
    expect((await askSecurely(secure, { certificates: [good] })).status).toBe(503);
  });

  it("other authorities count for connections that are open, too: their next request gets 421", async () => {
    await using secure = await startSecure(ON);
    const socket = connectTls({ port: secure.port, servername: "a.com", rejectUnauthorized: false, ...shown([good]) });
    let text = "";
    socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const request = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
    socket.write(request);
    await until("the first answer", () => text.endsWith("page"));
    // The same authorities, in a Secret that was read again.
    secure.useSecrets({ "default/ca": root });
    socket.write(request);
    await until("the second answer", () => text.split("page").length === 3);
    secure.useSecrets({ "default/ca": otherRoot });
    socket.write(request);
    await closed;
    expect(Array.from(text.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status)).toEqual(["200", "200", "421"]);
    expect((await askSecurely(secure, { certificates: [good] })).status).toBe(400);
  });

  it("503 while the Secret is missing, and no certificate is asked for", async () => {
    await using secure = await startSecure(ON, { secrets: {} });
    expect((await askSecurely(secure, { certificates: [good] })).status).toBe(503);
    expect(reasonsOf(secure)).toEqual(["closed-secret"]);
    secure.useSecrets({ "default/ca": root });
    expect((await askSecurely(secure, { certificates: [good] })).status).toBe(200);
  });

  it("is for requests without TLS, too: they get 400, or come in where a certificate is optional", async () => {
    for (const [mode, status] of [
      ["on", 400],
      ["optional", 200],
      ["off", 200],
    ] as const) {
      await using secure = await startSecure({ ...ON, "auth-tls-verify-client": mode });
      const text = await ask(secure.proxy.port, "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n");
      expect(statusOf(text)).toBe(status);
    }
  });

  it("without TLS the proof of a certificate comes in that a rule of its own is for (HTTP-01), and nothing else below its path", async () => {
    const solver = annotatedIngress({}, "solver", { path: "/.well-known/acme-challenge/token" });
    await using secure = await startSecure(ON, { more: [solver] });
    const statusFor = async (name: string) =>
      statusOf(
        await ask(
          secure.proxy.port,
          `GET /.well-known/acme-challenge/${name} HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n`,
        ),
      );
    expect([await statusFor("token"), await statusFor("other"), await statusFor("%2e%2e/x")]).toEqual([200, 400, 400]);
  });

  it("without TLS nothing comes in by the path of a proof that is rewritten: it reaches other paths of its Service", async () => {
    const path = "/.well-known/acme-challenge/token";
    await using secure = await startSecure(ON, {
      more: [annotatedIngress({ "rewrite-target": "/admin" }, "solver", { path })],
    });
    const text = await ask(secure.proxy.port, `GET ${path} HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n`);
    expect(statusOf(text)).toBe(400);
  });

  it("auth-tls-error-page redirects those who get 400, and no others", async () => {
    await using secure = await startSecure({ ...ON, "auth-tls-error-page": "https://help.example/$host" });
    for (const certificates of [[], [foreign]]) {
      const { text } = await askSecurely(secure, { certificates });
      expect(text).toMatch(/^HTTP\/1\.1 302 [^]*\r\nLocation: https:\/\/help\.example\/a\.com\r\n/i);
    }
    expect((await askSecurely(secure, { serverName: "c.com" })).status).toBe(421);
    expect((await askSecurely(secure, { certificates: [good] })).status).toBe(200);
  });

  it.each([
    { mode: "on", certificates: [good], subject: "CN=Zo.+ops", status: 200 },
    { mode: "on", certificates: [good], subject: "CN=admin", status: 403 },
    { mode: "on", certificates: [good], subject: "cn=", status: 403 },
    { mode: "on", certificates: [], subject: "CN=", status: 400 },
    { mode: "on", certificates: [foreign], subject: "CN=foreign", status: 400 },
    { mode: "optional", certificates: [], subject: "CN=", status: 403 },
    { mode: "optional_no_ca", certificates: [foreign], subject: "^CN=foreign$", status: 200 },
    { mode: "optional_no_ca", certificates: [foreign], subject: "^CN=foreig$", status: 403 },
  ])("auth-tls-match-cn $subject, $mode: $status", async ({ mode, certificates, subject, status }) => {
    const annotations = { ...ON, "auth-tls-verify-client": mode, "auth-tls-match-cn": subject };
    await using secure = await startSecure({ ...annotations, "auth-tls-error-page": "https://help.example/" });
    expect((await askSecurely(secure, { certificates })).status).toBe(status === 400 ? 302 : status);
    expect(reasonsOf(secure).includes("client-certificate-denied")).toBe(status === 403);
    if (!hasNginx()) return;
    const guard = `if ($ssl_client_s_dn !~ '${subject}') { return 403; }`;
    await using nginx = await startSecureNginx(secure.endpoint.port, `ssl_verify_client ${mode}; ${guard}`);
    expect((await askSecurely(nginx, { certificates, version: "TLSv1.2" })).status).toBe(status);
  });

  it("without TLS 403 where a certificate is optional and its subject has to match", async () => {
    const annotations = { ...ON, "auth-tls-verify-client": "optional", "auth-tls-match-cn": "CN=a" };
    await using secure = await startSecure(annotations);
    const text = await ask(secure.proxy.port, "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n");
    expect(statusOf(text)).toBe(403);
  });

  it("where two Ingresses of a host differ the oldest counts, and the paths of the other are closed", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [
      annotatedIngress(ON, "a"),
      annotatedIngress({ "auth-tls-secret": "other" }, "b", { path: "/b" }),
      annotatedIngress({}, "c", { path: "/c" }),
    ];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const [host] = proxy.engine.routes.hosts.shards.flatMap((shard) => [...shard.values()]);
    expect(host!.clientCertificates?.secret).toBe("default/ca");
    const rules = host!.prefixes.map(({ text, rule }) => [
      text,
      rule.action.kind,
      rule.filters.clientCertificates?.secret,
    ]);
    expect(new Set(rules.map(String))).toEqual(
      new Set(["/,forward,default/ca", "/b,closed,default/ca", "/c,forward,default/ca"]),
    );
  });

  const SPOOFED =
    "ssl-client-verify: SUCCESS\r\nSSL-Client-Subject-DN: CN=root\r\nssl_client_cert: x\r\nssl-client-cert: x\r\n";

  it.each([
    { mode: "on", certificates: [good], verify: "SUCCESS" },
    { mode: "optional", certificates: [], verify: "NONE" },
    { mode: "optional_no_ca", certificates: [foreign], verify: "FAILED:unable to verify the first certificate" },
  ])(
    "$mode: endpoints get ssl-client-verify $verify, and nothing that the client says of it",
    async ({ mode, certificates, verify }) => {
      await using secure = await startSecure({ ...ON, "auth-tls-verify-client": mode });
      expect((await askSecurely(secure, { certificates, fields: SPOOFED })).status).toBe(200);
      const { "ssl-client-verify": got, ...others } = fieldsOf(secure.endpoint.received());
      expect(got).toBe(verify);
      expect(Object.keys(others).toSorted()).toEqual(
        certificates.length === 0 ? [] : ["ssl-client-issuer-dn", "ssl-client-subject-dn"],
      );
      expect(secure.endpoint.received()).not.toMatch(/: x\r|CN=root\r\nssl/);
    },
  );

  it.skipIf(!hasNginx())("auth-tls-pass-certificate-to-upstream: the fields are those that nginx writes", async () => {
    const names = { verify: "verify", "subject-dn": "s_dn", "issuer-dn": "i_dn", cert: "escaped_cert" };
    const fields = Object.entries(names).map(
      ([name, variable]) => `proxy_set_header ssl-client-${name} $ssl_client_${variable};`,
    );
    await using secure = await startSecure({ ...ON, "auth-tls-pass-certificate-to-upstream": "true" });
    await using nginx = await startSecureNginx(secure.endpoint.port, `ssl_verify_client on; ${fields.join(" ")}`);
    expect((await askSecurely(nginx, { certificates: [good], version: "TLSv1.2" })).status).toBe(200);
    const byNginx = fieldsOf(secure.endpoint.received());
    const before = secure.endpoint.received().length;
    expect((await askSecurely(secure, { certificates: [good] })).status).toBe(200);
    expect(fieldsOf(secure.endpoint.received().slice(before))).toEqual(byNginx);
    expect(byNginx["ssl-client-subject-dn"]).toContain("CN=");
  });
});
