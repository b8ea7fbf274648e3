import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import { type IngressLoop, startIngressLoop } from "#ingress/reader/ingress-loop.ts";
import type { NginxConfigOptions } from "#ingress/nginx-config-reader.ts";
import type { PublishSettings } from "#ingress/status/publish-settings.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { type Compat, INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import { createLogger } from "#src/process/log.ts";
import { readEvents } from "#src/source/folder/event-file.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import { eventually } from "#test/support/eventually.ts";

const log = createLogger({ component: "test", level: "silent" });

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface World {
  readonly loop: IngressLoop;
  /** Writes one manifest, in a file of its own. */
  put(manifest: Readonly<Record<string, unknown>>): void;
  /** The Events of a reason (NotServed): of which Ingress, and what they say; throws where one says it again. */
  events(reason?: string): Promise<readonly (readonly [name: string, message: string])[]>;
  /** The Secrets (`type namespace/name`) whose names and passwords are in use. */
  passwords(): readonly string[];
  /** The addresses in the status file of an Ingress; undefined where there is none. */
  published(name: string): unknown;
}

async function start(
  manifests: readonly Readonly<Record<string, unknown>>[],
  publish?: PublishSettings,
  more: {
    readonly certificates?: Certificates;
    readonly compat?: Compat;
    readonly controller?: string;
    readonly defaultService?: string;
    readonly namespace?: string;
    readonly namespaceSelector?: LabelSelector;
    readonly nginxConfig?: NginxConfigOptions;
    readonly useRoutes?: (table: RouteTable) => void;
  } = {},
): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), "hawser-loop-"));
  const put = (manifest: Readonly<Record<string, unknown>>): void => {
    const { name } = manifest["metadata"] as { readonly name: string };
    writeFileSync(join(directory, `${String(manifest["kind"])}-${name}.yaml`), stringify(manifest));
  };
  for (const manifest of manifests) put(manifest);
  const source = openFolderSource({ directory, log, debounceMs: 5 });
  let passwords: readonly string[] = [];
  const loop = await startIngressLoop({
    source,
    scope: {
      className: "hawser",
      controller: more.controller ?? INGRESS_CONTROLLER,
      namespace: more.namespace,
      withoutClass: true,
    },
    namespaceSelector: more.namespaceSelector,
    certificates: more.certificates ?? new Certificates(Date.now()),
    log,
    compat: more.compat,
    defaultService: more.defaultService,
    publish,
    usePasswords: (lists) => (passwords = [...lists.keys()]),
    nginxConfig: more.nginxConfig,
    useRoutes: more.useRoutes ?? (() => undefined),
  });
  closers.push(
    () => rmSync(directory, { recursive: true, force: true }),
    async () => source.close(),
    async () => loop.close(),
  );
  const published = (name: string): unknown => {
    const file = join(directory, ".hawser/status/Ingress/default", `${name}.yaml`);
    if (!existsSync(file)) return undefined;
    const { status } = parse(readFileSync(file, "utf8")) as { status: { loadBalancer: { ingress?: unknown } } };
    return status.loadBalancer.ingress;
  };
  const events: World["events"] = async (wanted = "NotServed") =>
    (await readEvents(directory)).flatMap(({ about, type, reason, message, count }) => {
      expect([about.kind, type, count]).toEqual(["Ingress", "Warning", 1]);
      return reason === wanted ? [[about.name, message] as const] : [];
    });
  return { loop, put, published, events, passwords: () => passwords };
}

function ingress(name: string, ingressClassName: string, annotations: Readonly<Record<string, string>> = {}) {
  const defaultBackend = { service: { name: "web", port: { number: 80 } } };
  const metadata = { name, annotations };
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { ingressClassName, defaultBackend } };
}

function ingressClass(name: string, controller: string) {
  return { apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name }, spec: { controller } };
}

function selfSignedData(name: string) {
  const { cert, key } = selfSigned(name, Date.now());
  return { "tls.crt": cert, "tls.key": key };
}

const published1 = { service: undefined, usesNodes: false, addresses: [{ ip: "192.0.2.1" }] };

const restricted = { "nginx.ingress.kubernetes.io/auth-type": "basic" };

describe("startIngressLoop()", () => {
  it("tells of no problem of a foreign Ingress, until its class is ours", async () => {
    const { loop, put } = await start([
      ingressClass("nginx", "k8s.io/ingress-nginx"),
      ingress("theirs", "nginx", restricted),
    ]);
    expect(loop.problemCount()).toBe(0);
    put(ingress("ours", "hawser", restricted));
    await vi.waitFor(() => expect(loop.problemCount()).toBe(1), eventually);
    put(ingressClass("nginx", "hawser.dev/ingress"));
    await vi.waitFor(() => expect(loop.problemCount()).toBe(2), eventually);
    put(ingressClass("nginx", "k8s.io/ingress-nginx"));
    await vi.waitFor(() => expect(loop.problemCount()).toBe(1), eventually);
  });

  it("I-S4 I-S8 writes statuses beside the manifests, and takes them back", async () => {
    const addresses = [{ ip: "192.0.2.1" }];
    const { put, published } = await start(
      [ingressClass("nginx", "k8s.io/ingress-nginx"), ingress("ours", "hawser"), ingress("theirs", "nginx")],
      { service: undefined, usesNodes: false, addresses },
    );
    await vi.waitFor(() => expect(published("ours")).toEqual(addresses), eventually);
    put(ingress("ours", "nginx"));
    put(ingress("theirs", "hawser"));
    await vi.waitFor(() => expect(published("theirs")).toEqual(addresses), eventually);
    await vi.waitFor(() => expect(published("ours")).toBeUndefined(), eventually);
  });

  it("publishes nothing while its Service is missing, and says so", async () => {
    const settings = { service: "default/front", usesNodes: false, addresses: [] };
    const { loop, put, published } = await start([ingress("ours", "hawser")], settings);
    await vi.waitFor(() => expect(loop.problemCount()).toBe(1), eventually);
    expect(published("ours")).toBeUndefined();
    put({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "front" },
      spec: { type: "NodePort", ports: [{ port: 80 }], externalIPs: ["192.0.2.9"] },
    });
    await vi.waitFor(() => expect(published("ours")).toEqual([{ ip: "192.0.2.9" }]), eventually);
    await vi.waitFor(() => expect(loop.problemCount()).toBe(0), eventually);
  });

  it("tells by one Event what is wrong with an Ingress that it cannot serve, and how to mend it", async () => {
    const settings = { service: undefined, usesNodes: false, addresses: [{ ip: "192.0.2.1" }] };
    const theirs = { ...ingress("theirs", "nginx", restricted) };
    const { put, published, events } = await start(
      [ingressClass("nginx", "k8s.io/ingress-nginx"), ingress("ours", "hawser", restricted), theirs],
      settings,
    );
    const auth =
      /^Ingress "default\/ours".*auth-type.*Write auth-secret with the name of a Secret.*\[INGRESS_RESTRICTION_INVALID\]$/;
    await vi.waitFor(async () => expect(await events()).toEqual([["ours", expect.stringMatching(auth)]]), eventually);
    // The same fault in another version of the object is no news, nor is what changes elsewhere.
    put({ ...ingress("ours", "hawser", { ...restricted, note: "new" }) });
    put(ingress("other", "hawser"));
    await vi.waitFor(() => expect(published("other")).toEqual([{ ip: "192.0.2.1" }]), eventually);
    expect(await events()).toHaveLength(1);
    // Another fault is, and the same one after it was mended; and that a foreign one became ours.
    put({ ...ingress("ours", "hawser"), spec: { ingressClassName: "hawser" } });
    await vi.waitFor(async () => expect(await events()).toHaveLength(2), eventually);
    expect((await events())[1]?.[1]).toContain("INGRESS_EMPTY");
    put(ingressClass("nginx", "hawser.dev/ingress"));
    await vi.waitFor(async () => expect((await events()).map(([name]) => name)).toContain("theirs"), eventually);
    expect(await events()).toHaveLength(3);
  });

  it("I1 keeps the certificate of an Ingress that is closed, and says by an Event that it is", async () => {
    const { cert, key } = selfSigned("a.com", Date.now());
    const stringData = { "tls.crt": cert, "tls.key": key };
    const rules = [{ host: "a.com", http: { paths: [] } }];
    const tls = [{ hosts: ["a.com"], secretName: "cert" }];
    const certificates = new Certificates(Date.now());
    const publish = { service: undefined, usesNodes: false, addresses: [] };
    const { events } = await start(
      [
        { apiVersion: "v1", kind: "Secret", metadata: { name: "cert" }, type: "kubernetes.io/tls", stringData },
        { ...ingress("closed", "hawser", restricted), spec: { ingressClassName: "hawser", rules, tls } },
      ],
      publish,
      { certificates },
    );
    const fallback = certificates.contextOf("b.com");
    await vi.waitFor(() => expect(certificates.contextOf("a.com")).not.toBe(fallback), eventually);
    await vi.waitFor(async () => expect((await events()).map(([name]) => name)).toEqual(["closed"]), eventually);
  });

  it("I1 says by an Event that one path of an Ingress is closed", async () => {
    const resource = { resource: { kind: "Bucket", name: "b" } };
    const paths = [{ path: "/files", pathType: "Prefix", backend: resource }];
    const spec = { ingressClassName: "hawser", rules: [{ http: { paths } }] };
    const addresses = [{ ip: "192.0.2.1" }];
    const { events, published } = await start([{ ...ingress("part", "hawser"), spec }], {
      service: undefined,
      usesNodes: false,
      addresses,
    });
    const text = expect.stringContaining("INGRESS_RESOURCE_BACKEND");
    await vi.waitFor(async () => expect(await events()).toEqual([["part", text]]), eventually);
    await vi.waitFor(() => expect(published("part")).toEqual(addresses), eventually);
  });

  it("I15 says in the log and by an Event which rule never serves, and which one goes first", async () => {
    const publish = { service: undefined, usesNodes: false, addresses: [] };
    const other = { service: { name: "other", port: { number: 80 } } };
    const { loop, put, events } = await start(
      [
        { ...ingress("a", "hawser"), spec: { ingressClassName: "hawser", defaultBackend: other } },
        ingress("b", "hawser"),
      ],
      publish,
    );
    const text = expect.stringMatching(/^Ingress "default\/b" spec\.defaultBackend: .*"default\/a"/);
    await vi.waitFor(async () => expect(await events("PathTaken")).toEqual([["b", text]]), eventually);
    expect(loop.problemCount()).toBe(1);
    put(ingress("a", "hawser"));
    await vi.waitFor(() => expect(loop.problemCount()).toBe(0), eventually);
  });

  it("I4 says by an Event that a canary takes no requests where no other Ingress has its path", async () => {
    const canary = { "nginx.ingress.kubernetes.io/canary": "true" };
    const { events, published } = await start(
      [ingress("primary", "hawser"), ingress("canary", "hawser", canary)],
      published1,
    );
    await vi.waitFor(() => expect(published("primary")).toEqual(published1.addresses), eventually);
    const text = expect.stringContaining("INGRESS_CANARY_ALONE");
    await vi.waitFor(async () => expect(await events()).toEqual([["canary", text]]), eventually);
  });

  it("I-S6 leaves the addresses in the statuses when it ends", async () => {
    const { loop, published } = await start([ingress("a", "hawser")], published1);
    await vi.waitFor(() => expect(published("a")).toEqual(published1.addresses), eventually);
    await loop.close();
    expect(published("a")).toEqual(published1.addresses);
  });

  it("I-B6 says by an Event that a Service has no such port, and nothing of one that may come yet", async () => {
    const service = (port: number) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { ports: [{ name: "http", port }] },
    });
    const { loop, put, events } = await start(
      [ingress("a", "hawser"), ingressClass("nginx", "k8s.io/ingress-nginx"), ingress("theirs", "nginx")],
      published1,
    );
    expect(loop.problemCount()).toBe(0);
    put(service(81));
    const text = expect.stringMatching(
      /^Ingress "default\/a" spec\.defaultBackend: .*port 80 of Service "default\/web".* only 81 \(http\)/,
    );
    await vi.waitFor(async () => expect(await events()).toEqual([["a", text]]), eventually);
    expect(loop.problemCount()).toBe(1);
    put(service(80));
    await vi.waitFor(() => expect(loop.problemCount()).toBe(0), eventually);
  });

  it("I-B1 says that the Service for what no rule matches does not exist", async () => {
    const { loop, put } = await start([], undefined, { defaultService: "default/web" });
    expect(loop.problemCount()).toBe(1);
    put({ apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } });
    await vi.waitFor(() => expect(loop.problemCount()).toBe(0), eventually);
  });

  it("I-C12 serves the Ingresses of one namespace, and says nothing of others", async () => {
    const { loop, published } = await start(
      [ingress("ours", "hawser"), ingress("broken", "hawser", restricted)],
      published1,
      {
        namespace: "elsewhere",
      },
    );
    expect([loop.problemCount(), published("ours")]).toEqual([0, undefined]);
  });

  it("I-C12 serves the Ingresses of namespaces with such labels, and follows these", async () => {
    const namespace = (labels: Readonly<Record<string, string>>) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "default", labels },
    });
    let table: RouteTable = EMPTY_ROUTES;
    const { loop, put, published } = await start(
      [ingress("ours", "hawser"), ingress("broken", "hawser", restricted)],
      published1,
      {
        namespaceSelector: [{ key: "team", operator: "In", values: ["web"] }],
        useRoutes: (next) => (table = next),
      },
    );
    const isRouted = (): boolean => getSharded(table.hosts, "") !== undefined;
    // Without its Namespace its labels are not known.
    expect([loop.problemCount(), isRouted(), published("ours")]).toEqual([0, false, undefined]);
    put(namespace({ team: "db" }));
    await loop.idle();
    expect(isRouted()).toBe(false);
    put(namespace({ team: "web" }));
    await vi.waitFor(() => expect(published("ours")).toEqual(published1.addresses), eventually);
    expect([loop.problemCount() > 0, isRouted()]).toEqual([true, true]);
    put(ingress("later", "hawser"));
    await vi.waitFor(() => expect(published("later")).toEqual(published1.addresses), eventually);
    put(namespace({}));
    await vi.waitFor(() => expect(published("ours")).toBeUndefined(), eventually);
    expect([loop.problemCount(), isRouted()]).toEqual([0, false]);
  });

  it("I-C10 I16 says how many Ingresses its class leaves to another controller, and serves them by --controller-class", async () => {
    const manifests = [
      ingressClass("hawser", "k8s.io/ingress-nginx"),
      ...["a", "b"].map((name) => ingress(name, "hawser")),
    ];
    const { loop, published, put } = await start(manifests, published1);
    expect(loop.problemCount()).toBe(1);
    put(ingress("c", "hawser"));
    put(ingressClass("hawser", INGRESS_CONTROLLER));
    await vi.waitFor(() => expect(loop.problemCount()).toBe(0), eventually);
    await vi.waitFor(() => expect(published("a")).toEqual(published1.addresses), eventually);
    const adopted = await start(manifests, published1, { controller: "k8s.io/ingress-nginx" });
    expect(adopted.loop.problemCount()).toBe(0);
    await vi.waitFor(() => expect(adopted.published("a")).toEqual(published1.addresses), eventually);
  });

  it("I-T8 I9 says by an Event that a certificate cannot be used", async () => {
    const { cert } = selfSigned("a.com", Date.now());
    const { key } = selfSigned("a.com", Date.now());
    const metadata = { name: "cert" };
    const stringData = { "tls.crt": cert, "tls.key": key };
    const publish = { service: undefined, usesNodes: false, addresses: [] };
    const tls = [{ hosts: ["a.com"], secretName: "cert" }];
    const made = ingress("a", "hawser");
    const { put, loop, events } = await start(
      [
        { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/tls", stringData },
        { ...made, spec: { ...made.spec, tls } },
      ],
      publish,
    );
    const text = expect.stringContaining("SECRET_UNUSABLE");
    await vi.waitFor(async () => expect(await events("CertificateUnusable")).toEqual([["a", text]]), eventually);
    put({ apiVersion: "v1", kind: "Secret", metadata, stringData: selfSignedData("a.com") });
    await vi.waitFor(() => expect(loop.problemCount()).toBe(0), eventually);
  });

  it("writes no status where nothing is to be published", async () => {
    const { loop, published } = await start([ingress("ours", "hawser")]);
    await loop.idle();
    expect([loop.status, published("ours")]).toEqual([undefined, undefined]);
  });
});

describe("Secrets with names and passwords", () => {
  const annotations = { "hawser.dev/auth-type": "basic", "hawser.dev/auth-secret": "users" };
  const secret = (data: Readonly<Record<string, string>>) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "users" },
    stringData: data,
  });
  const hash = "$apr1$1pDPgfFQ$yakN0hDI7UA7OsWj1vcio.";

  it("are read where Ingresses of ours name them; without a usable one an Event says why the paths are closed", async () => {
    const world = await start([ingress("shop", "hawser", annotations), ingress("other", "nginx", annotations)], {
      addresses: [],
      service: undefined,
      usesNodes: false,
    });
    expect(world.passwords()).toEqual([]);
    const lastEvent = async () => (await world.events()).at(-1);
    await vi.waitFor(
      async () => expect(await lastEvent()).toEqual(["shop", expect.stringContaining("it does not exist")]),
      eventually,
    );
    world.put(secret({ users: "alice:secret-of-alice" }));
    await vi.waitFor(
      async () => expect(await lastEvent()).toEqual(["shop", expect.stringContaining("it has no key auth")]),
      eventually,
    );
    expect(world.passwords()).toEqual([]);
    world.put(secret({ auth: `alice:${hash}` }));
    await vi.waitFor(() => expect(world.passwords()).toEqual(["auth-file default/users"]), eventually);
    expect(world.loop.problemCount()).toBe(0);
    expect(JSON.stringify(await world.events())).not.toMatch(/alice/);
    world.put(ingress("shop", "nginx", annotations));
    await vi.waitFor(() => expect(world.passwords()).toEqual([]), eventually);
  });
});

describe("startIngressLoop() with --compat", () => {
  const paths = [{ path: "/shop/", pathType: "Exact", backend: { service: { name: "web", port: { number: 80 } } } }];
  const spec = { ingressClassName: "hawser", rules: [{ host: "a.com", http: { paths } }] };
  const shop = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "shop" }, spec };

  it.each([
    // It is another path.
    { compat: "hawser", expected: "refuse" },
    // nginx redirects to the path with its slash.
    { compat: "nginx", expected: "redirect" },
  ] as const)("compares paths as $compat does", async ({ compat, expected }) => {
    let table = EMPTY_ROUTES;
    await start([shop], undefined, { compat, useRoutes: (next) => (table = next) });
    expect(route(table, { host: "a.com", path: "/shop" }).kind).toBe(expected);
  });
});

describe("startIngressLoop() with --nginx-config-map", () => {
  const configMap = (data: Readonly<Record<string, string>>) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "nginx", name: "config" },
    data,
  });
  const nginxConfig = { key: "nginx/config", isInForce: () => false };

  it("gives each Ingress what the ConfigMap says, before the first request and after each change of it", async () => {
    let table: RouteTable | undefined;
    const fallback = () => (table && getSharded(table.hosts, ""))?.fallback;
    const bodyIs = async (bytes: number | undefined) =>
      vi.waitFor(() => expect(fallback()?.filters.bodyBytes).toBe(bytes), eventually);
    const world = await start([configMap({ "proxy-body-size": "8" }), ingress("web", "hawser")], undefined, {
      nginxConfig,
      useRoutes: (next) => (table = next),
    });
    expect(fallback()?.filters.bodyBytes).toBe(8);
    world.put(configMap({ "proxy-body-size": "9" }));
    await bodyIs(9);
    world.put(configMap({ "whitelist-source-range": "x" }));
    await vi.waitFor(() => expect(fallback()?.action.kind).toBe("closed"), eventually);
    world.put(configMap({ "use-gzip": "true" }));
    await vi.waitFor(() => expect(fallback()?.action.kind).toBe("forward"), eventually);
    expect([fallback()?.filters.bodyBytes, world.loop.problemCount()]).toEqual([undefined, 1]);
  });

  it("says that the ConfigMap does not exist, closes all Ingresses until it comes, and reads it then", async () => {
    let table: RouteTable | undefined;
    const kind = () => (table && getSharded(table.hosts, ""))?.fallback?.action.kind;
    const world = await start([ingress("web", "hawser")], undefined, {
      nginxConfig,
      useRoutes: (next) => (table = next),
    });
    await vi.waitFor(() => expect(world.loop.problemCount()).toBe(1), eventually);
    expect(kind()).toBe("closed");
    world.put(configMap({ "proxy-body-size": "9" }));
    await vi.waitFor(() => expect(world.loop.problemCount()).toBe(0), eventually);
    await vi.waitFor(() => expect(kind()).toBe("forward"), eventually);
  });
});
