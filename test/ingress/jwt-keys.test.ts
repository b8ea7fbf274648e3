import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { JwtStep } from "#ingress/auth/jwt-step.ts";
import { KeySets } from "#ingress/auth/key-sets.ts";
import { RemoteKeys } from "#ingress/auth/remote-keys.ts";

import { eventually } from "#test/support/eventually.ts";
import { startFolderLoop } from "#test/support/folder-loop.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { jwksOf, testKey, type TestKey } from "#test/support/test-issuer.ts";

const END = 4_000_000_000;
let first: TestKey;
let second: TestKey;
beforeAll(async () => {
  [first, second] = await Promise.all([testKey("first"), testKey("second")]);
});

/** An ingress with a folder of manifests, whose Ingress `i` has a policy with this `jwks`. */
async function start(jwks: object) {
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
  const remote = new RemoteKeys({ fetch: () => Promise.reject(new Error("unused")), clockMs: () => 0 });
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
