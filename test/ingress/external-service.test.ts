import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { resolverByTtl } from "#ingress/names/resolve-by-ttl.ts";
import { startDnsServer } from "#test/support/dns-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { startFolderLoop } from "#test/support/folder-loop.ts";
import { answering, ask, okWith, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Manifest = Readonly<Record<string, unknown>>;

/** The program's loop over these manifests, with a name server of its own, and requests through the engine. */
async function start(manifests: readonly Manifest[], { isEnabled = true } = {}) {
  const dns = await startDnsServer();
  const proxy = await startProxy({}, { ingresses: [] });
  const directory = mkdtempSync(join(tmpdir(), "hawser-names-"));
  const put = (manifest: Manifest): void => {
    const { name } = manifest["metadata"] as { readonly name: string };
    writeFileSync(join(directory, `${String(manifest["kind"])}-${name}.yaml`), stringify(manifest));
  };
  for (const manifest of manifests) put(manifest);
  dns.records.set("a.test", { ipv4: ["127.0.0.1"], ttlSeconds: 1 });
  const loop = await startFolderLoop(directory, {
    externalNames: isEnabled ? { resolve: resolverByTtl([dns.address]), isReachable: () => true } : undefined,
    useRoutes: (table) => proxy.engine.useRoutes(table),
  });
  closers.push(
    () => dns[Symbol.asyncDispose](),
    () => proxy[Symbol.asyncDispose](),
    () => rmSync(directory, { recursive: true, force: true }),
    async () => loop.close(),
  );
  const get = async (path: string) => {
    const answer = await ask(proxy.port, `GET ${path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n`);
    return statusOf(answer) === 200 ? (answer.split("\r\n\r\n")[1] ?? "") : statusOf(answer);
  };
  return { dns, put, loop, get };
}

function external(name: string, externalName: string, ports: readonly Manifest[] = []): Manifest {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { type: "ExternalName", externalName, ports } };
}

function ingress(backends: Readonly<Record<string, readonly [service: string, port: Manifest]>>): Manifest {
  const paths = Object.entries(backends).map(([path, [name, port]]) => ({
    path,
    pathType: "Prefix",
    backend: { service: { name, port } },
  }));
  const metadata = { name: "i" };
  const spec = { rules: [{ host: "shop.test", http: { paths } }] };
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec };
}

describe("I-B18 a Service of type ExternalName", () => {
  it("gets requests by the port of the Ingress, of the Service, by name, and with a final dot", async () => {
    await using endpoint = await startEndpoint(answering("outside"));
    await using named = await startEndpoint(answering("named"));
    const { get, loop } = await start([
      external("plain", "A.test."),
      external("ports", "a.test", [{ name: "web", port: 80, targetPort: named.port }]),
      ingress({
        "/number": ["plain", { number: endpoint.port }],
        "/name": ["ports", { name: "web" }],
        "/listed": ["ports", { number: 80 }],
        "/other": ["ports", { number: endpoint.port }],
        "/none": ["ports", { name: "nothing" }],
      }),
    ]);
    expect(await Promise.all(["/number", "/name", "/listed", "/other", "/none"].map(get))).toEqual([
      "outside",
      "named",
      "named",
      "outside",
      503,
    ]);
    // The port that no Service has.
    expect(loop.problemCount()).toBe(1);
  });

  it("follows DNS, the Service and the Ingress", async () => {
    await using endpoint = await startEndpoint(answering("outside"));
    const to = (port: number) => ingress({ "/": ["s", { number: port }] });
    const { dns, put, get, loop } = await start([external("s", "a.test"), to(endpoint.port)]);
    expect(await get("/")).toBe("outside");
    dns.records.delete("a.test");
    await vi.waitFor(async () => expect(await get("/")).toBe(503), eventually);
    expect(loop.problemCount()).toBe(1);
    dns.records.set("b.test", { ipv4: ["127.0.0.1"] });
    put(external("s", "b.test"));
    await vi.waitFor(async () => expect(await get("/")).toBe("outside"), eventually);
    await using other = await startEndpoint((socket) => socket.write(okWith("another port")));
    put(to(other.port));
    await vi.waitFor(async () => expect(await get("/")).toBe("another port"), eventually);
    expect(loop.problemCount()).toBe(0);
  });

  it("gets none where the option forbids it", async () => {
    await using endpoint = await startEndpoint(answering("outside"));
    const manifests = [external("s", "a.test"), ingress({ "/": ["s", { number: endpoint.port }] })];
    const { get, dns } = await start(manifests, { isEnabled: false });
    expect([await get("/"), dns.asked.size]).toEqual([503, 0]);
  });
});
