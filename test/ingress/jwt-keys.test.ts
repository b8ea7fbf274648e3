import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { JwtStep } from "#ingress/auth/jwt-step.ts";
import { KeySets } from "#ingress/auth/key-sets.ts";
import { RemoteKeys } from "#ingress/auth/remote-keys.ts";
import { documentClient, type FetchDocument } from "#ingress/auth/document-client.ts";
import { eventually } from "#test/support/eventually.ts";
import { startFolderLoop } from "#test/support/folder-loop.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { serveDocument } from "#test/support/jwks-server.ts";
import { jwksOf, testKey, type TestKey } from "#test/support/test-issuer.ts";

const END = 4_000_000_000;
let first: TestKey;
let second: TestKey;
beforeAll(async () => {
  [first, second] = await Promise.all([testKey("first"), testKey("second")]);
});

const usual = { keyType: "ec", fromMs: Date.now() - 60_000, toMs: Date.now() + 3_600_000 } as const;
const authority = (commonName: string) => issueCertificate({ ...usual, commonName, isAuthority: true });

const toLoopback: LookupFunction = (_host, { all }, done) => {
  if (all === true) done(null, [{ address: "127.0.0.1", family: 4 }]);
  else done(null, "127.0.0.1", 4);
};

/** A server of keys by HTTPS for the name `id.test`, with an authority of its own. */
async function serveKeys(key: TestKey) {
  const issuer = authority("keys");
  const own = issueCertificate({ ...usual, commonName: "id", names: ["id.test"], issuer });
  const server = await serveDocument(jwksOf(key), { cert: own.certificatePem, key: own.privateKeyPem });
  return { ...server, authorityPem: issuer.certificatePem };
}

/** An ingress with a folder of manifests, whose Ingress `i` has a policy with this `jwks`. */
async function start(jwks: object, fetch: FetchDocument = () => Promise.reject(new Error("unused"))) {
  const directory = mkdtempSync(join(tmpdir(), "hawser-keys-"));
  const file = (kind: string) => join(directory, `${kind}.json.yaml`);
  const put = (kind: string, apiVersion: string, more: object) =>
    writeFileSync(file(kind), JSON.stringify({ apiVersion, kind, ...more }));
  const putPolicy = (more: object) =>
    put("HTTPPolicy", "hawser.dev/v1alpha1", {
      metadata: { name: "p" },
      spec: { targetRefs: [{ kind: "Ingress", name: "i" }], jwt: { issuer: "id", jwks, ...more } },
    });
  const endpoint = await startEndpoint(answering("page"));
  const backend = { service: { name: "s", port: { number: 80 } } };
  put("Ingress", "networking.k8s.io/v1", {
    metadata: { name: "i" },
    spec: { rules: [{ host: "a.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] },
  });
  put("Service", "v1", { metadata: { name: "s" }, spec: { ports: [{ port: 80 }] } });
  put("EndpointSlice", "discovery.k8s.io/v1", {
    metadata: { name: "s-1", labels: { "kubernetes.io/service-name": "s" } },
    addressType: "IPv4",
    ports: [{ port: endpoint.port }],
    endpoints: [{ addresses: ["127.0.0.1"] }],
  });
  putPolicy({});
  const remote = new RemoteKeys({ fetch, clockMs: () => performance.now() });
  const keys = new KeySets(remote);
  const proxy = await startProxy({}, { access: new AuthGate([new JwtStep(keys, Date.now)]) });
  const loop = await startFolderLoop(directory, {
    tokenKeys: keys,
    useRoutes: (table) => proxy.engine.useRoutes(table),
  });
  return {
    loop,
    putPolicy,
    putKeys: (kind: "Secret" | "ConfigMap", key: TestKey) =>
      put(kind, "v1", {
        metadata: { name: "keys" },
        [kind === "Secret" ? "stringData" : "data"]: { jwks: jwksOf(key) },
      }),
    putAuthority: (kind: "Secret" | "ConfigMap", pem: string) =>
      put(kind, "v1", { metadata: { name: "ca" }, [kind === "Secret" ? "stringData" : "data"]: { "ca.crt": pem } }),
    remove: (kind: string) => rmSync(file(kind)),
    /** The status that a token of this key gets. */
    async status(key: TestKey) {
      const token = await key.sign({ iss: "id", sub: "ann", exp: END });
      const lines = `Authorization: Bearer ${token}\r\nConnection: close\r\n`;
      return statusOf(await ask(proxy.port, `GET / HTTP/1.1\r\nHost: a.com\r\n${lines}\r\n`));
    },
    async [Symbol.asyncDispose]() {
      await loop.close();
      await proxy[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describe("jwks of a policy", () => {
  it.each([
    ["Secret", { secretRef: { name: "keys" } }],
    ["ConfigMap", { configMapRef: { name: "keys" } }],
  ] as const)("in a %s follow it: missing, there, others, gone", async (kind, jwks) => {
    await using ingress = await start(jwks);
    const becomes = (key: TestKey, status: number) =>
      vi.waitFor(async () => expect(await ingress.status(key)).toBe(status), eventually);
    await becomes(first, 503);
    expect(ingress.loop.problemCount()).toBe(1);
    ingress.putKeys(kind, first);
    await becomes(first, 200);
    expect([await ingress.status(second), ingress.loop.problemCount()]).toEqual([401, 0]);
    ingress.putKeys(kind, second);
    await becomes(second, 200);
    expect(await ingress.status(first)).toBe(401);
    ingress.remove(kind);
    await becomes(second, 503);
  });

  it.each([
    ["Secret", "caSecretRef"],
    ["ConfigMap", "caConfigMapRef"],
  ] as const)("at a uri are verified by the authorities of a %s: missing, wrong, right, others", async (kind, name) => {
    await using server = await serveKeys(first);
    const client = documentClient({ lookup: toLoopback, isReachable: () => true, maxBytes: 65_536 });
    const uri = `https://id.test:${server.port}/keys`;
    await using ingress = await start({ uri, [name]: { name: "ca" } }, client);
    const becomes = (status: number) =>
      vi.waitFor(async () => expect(await ingress.status(first)).toBe(status), eventually);
    await becomes(503);
    expect([server.asked(), ingress.loop.problemCount()]).toEqual([0, 1]);
    ingress.putAuthority(kind, authority("other").certificatePem);
    await vi.waitFor(() => expect(server.refused()).toBeGreaterThan(0), eventually);
    expect([await ingress.status(first), server.asked()]).toEqual([503, 0]);
    ingress.putAuthority(kind, server.authorityPem);
    await becomes(200);
    expect(ingress.loop.problemCount()).toBe(0);
    // What was read last stays in use.
    ingress.putAuthority(kind, "none");
    await vi.waitFor(() => expect(ingress.loop.problemCount()).toBe(1), eventually);
    expect(await ingress.status(first)).toBe(200);
  });

  it("are those of the policy as it is now", async () => {
    await using ingress = await start({ secretRef: { name: "keys" } });
    ingress.putKeys("Secret", first);
    await vi.waitFor(async () => expect(await ingress.status(first)).toBe(200), eventually);
    ingress.putPolicy({ jwks: { inline: jwksOf(second) } });
    await vi.waitFor(async () => expect(await ingress.status(second)).toBe(200), eventually);
    expect(await ingress.status(first)).toBe(401);
    ingress.putPolicy({ claims: [{ name: "sub", values: ["bob"] }], jwks: { inline: jwksOf(second) } });
    await vi.waitFor(async () => expect(await ingress.status(second)).toBe(403), eventually);
    ingress.putPolicy({ issuer: 1 });
    await vi.waitFor(async () => expect(await ingress.status(second)).toBe(503), eventually);
    ingress.remove("HTTPPolicy");
    await vi.waitFor(async () => expect(await ingress.status(second)).toBe(200), eventually);
  });
});
