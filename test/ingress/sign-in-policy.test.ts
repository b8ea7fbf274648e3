import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { until } from "#lab/rack/until.ts";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { OidcClients } from "#ingress/auth/oidc-clients.ts";
import { OidcStep } from "#ingress/auth/oidc-step.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { Browser } from "#test/support/browser.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { startFolderLoop } from "#test/support/folder-loop.ts";
import { listen, startProxy } from "#test/support/ingress-proxy.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { startProvider } from "#test/support/start-provider.ts";

const times = { fromMs: Date.now() - 86_400_000, toMs: Date.now() + 86_400_000, keyType: "ec" } as const;
const authority = issueCertificate({ ...times, commonName: "authority", isAuthority: true });
const leaf = (name: string) => issueCertificate({ ...times, commonName: name, issuer: authority, names: [name] });
const metadata = (name: string) => ({ name, namespace: "shop" });
const keyOf = (byte: number) => Buffer.alloc(32, byte).toString("base64");

it("E an HTTPPolicy with its Secrets makes browsers sign in, and what changes of them counts", async () => {
  for (const level of ["info", "warn"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(
    await startProvider({
      certificate: leaf("id.test"),
      host: "id.test",
      clientId: "web",
      clientSecret: "very secret",
      redirectUris: ["https://a.test/oauth2/callback"],
    }),
  );
  const endpoint = createServer((request, response) => response.end(`user ${String(request.headers["x-user"])}`));
  endpoint.listen(0, "127.0.0.1");
  await once(endpoint, "listening");
  stack.defer(() => void endpoint.close());
  const { port } = endpoint.address() as AddressInfo;

  const directory = mkdtempSync(join(tmpdir(), "hawser-sign-in-"));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const put = (manifest: { readonly kind: string; readonly metadata: { readonly name: string } }): void =>
    writeFileSync(join(directory, `${manifest.kind}-${manifest.metadata.name}.yaml`), stringify(manifest));
  const putSecret = (name: string, stringData: Readonly<Record<string, string>>): void =>
    put({ apiVersion: "v1", kind: "Secret", metadata: metadata(name), stringData } as never);
  const putPolicy = (more: Readonly<Record<string, unknown>>): void =>
    put({
      apiVersion: "hawser.dev/v1alpha1",
      kind: "HTTPPolicy",
      metadata: metadata("sign-in"),
      spec: {
        targetRefs: [{ kind: "Ingress", name: "web", path: "/app" }],
        oidc: {
          issuer: provider.issuer,
          clientId: "web",
          clientSecretRef: { name: "web" },
          sessionKeysSecretRef: { name: "web" },
          caSecretRef: { name: "ca" },
          forwardClaims: [{ claim: "sub", header: "X-User" }],
          ...more,
        },
      },
    } as never);
  const service = { service: { name: "s", port: { number: 80 } } };
  const path = (text: string) => ({ path: text, pathType: "Prefix", backend: service });
  put({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: metadata("web"),
    spec: { tls: [{ hosts: ["a.test"] }], rules: [{ host: "a.test", http: { paths: [path("/app"), path("/open")] } }] },
  } as never);
  put({ apiVersion: "v1", kind: "Service", metadata: metadata("s"), spec: { ports: [{ port: 80 }] } } as never);
  put({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata("s-1"), labels: { "kubernetes.io/service-name": "s" } },
    addressType: "IPv4",
    ports: [{ name: "", port, protocol: "TCP" }],
    endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
  } as never);
  putSecret("ca", { "ca.crt": authority.certificatePem });
  putPolicy({});

  const isReachable = () => true;
  const clockMs = () => performance.now();
  const resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
  const step = new OidcStep({
    clients: new OidcClients({ lookup: hostResolver({ resolve, isReachable, clockMs }), isReachable, clockMs }),
    chance: (bytes) => crypto.getRandomValues(Buffer.alloc(bytes)),
    wallMs: Date.now,
    onFailure: () => undefined,
  });
  const { engine } = stack.use(await startProxy({}, { ingresses: [], access: new AuthGate([step]) }));
  const loop = await startFolderLoop(directory, {
    useOidcSecrets: (secrets) => step.useSecrets(secrets),
    useRoutes: (table) => engine.useRoutes(table),
  });
  stack.defer(async () => loop.close());
  const { certificatePem: cert, privateKeyPem: key } = leaf("a.test");
  const context = createSecureContext({ cert, key });
  const server = engineTlsServer(engine, {
    contextOf: () => context,
    fallback: { cert, key },
  });
  const httpsPort = await listen(server);
  stack.defer(() => void server.close());
  const browser = new Browser({
    ca: authority.certificatePem,
    portOf: (host, wanted) => (host === "id.test" ? wanted : httpsPort),
  });
  const visit = async (target: string) => {
    const { status, body, url } = await browser.visit(`https://a.test${target}`);
    return `${status} ${new URL(url).pathname} ${body}`.trim();
  };

  expect(await visit("/open")).toBe("200 /open user undefined");
  // The Secret is not there yet.
  expect(await visit("/app")).toMatch(/^503 \/app /);
  putSecret("web", { "session-keys": keyOf(1), "client-secret": "very secret" });
  await until("the browser signs in", async () => (await visit("/app")) === "200 /app user alice");
  expect(await visit("/open")).toBe("200 /open user undefined");
  // Sessions of the old key count on, and new ones are of the new key.
  putSecret("web", { "session-keys": `${keyOf(2)}\n${keyOf(1)}`, "client-secret": "very secret" });
  await loop.idle();
  expect(await visit("/app")).toBe("200 /app user alice");
  putPolicy({ claims: [{ name: "groups", values: ["nobody"] }], scopes: ["groups"] });
  await until("the rule for claims counts", async () => (await visit("/app")).startsWith("403 /app"));
  // What cannot be read closes what it is attached to, and nothing else.
  putPolicy({ sameSite: "Lax" });
  await until("the policy is closed", async () => (await visit("/app")).startsWith("503 /app"));
  expect(await visit("/open")).toBe("200 /open user undefined");
});
