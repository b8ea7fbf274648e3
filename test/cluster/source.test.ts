import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { install, uninstall } from "#lab/cluster/definition.ts";
import { type Kind, kinds } from "#src/model/kind.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { createLogger } from "#src/process/log.ts";
import { inClusterConfig } from "#src/source/kubernetes/api/api-config.ts";
import { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { realTiming } from "#src/source/kubernetes/api/timing.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { type KubernetesSourceOptions, openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import { identityOf } from "#src/source/kubernetes/read/read-api-object.ts";
import { collectionPath, objectPath } from "#src/source/kubernetes/read/collection-path.ts";
import { identityInLine } from "#src/source/kubernetes/read/watch-line.ts";
import type { Source } from "#src/source/source.ts";
import type { EventRecord } from "#src/status/event-record.ts";
import { startCommand } from "#test/cli/run-cli.ts";
import { configMapManifest, describeSource, refTo, serviceManifest, type World } from "#test/source/contract.ts";
import { eventually } from "#test/support/eventually.ts";
import { openDefinition } from "./open-definition.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const log = createLogger({ component: "test", level: "silent" });
const NAMESPACE = "shop";
const CONTROLLER = fileURLToPath(new URL("../../controller/main.ts", import.meta.url));
const EVENTS = `/api/v1/namespaces/${NAMESPACE}/events`;
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;

/** Four that every API server makes, and ours. */
const NAMESPACES = 5;

/** What an API server makes for itself that is of a kind we read. */
function expectedSize(kind: Kind): number {
  return kind === "Service" ? 1 : kind === "Namespace" ? NAMESPACES : 0;
}

describe.skipIf(reason !== undefined)("the Kubernetes source on a real API server", () => {
  let directory: string;
  let cluster: Cluster;
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-source-"));
    cluster = await Cluster.start({ directory, users: [{ name: "guest", groups: ["guests"] }] });
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: NAMESPACE } } });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  function source(options: Partial<KubernetesSourceOptions> = {}, kubeconfig = cluster.kubeconfigFile): Source {
    const config = readKubeconfig(kubeconfig);
    if (!config.ok) throw new Error(config.problems[0]?.why);
    const scopes = { Service: { namespace: NAMESPACE } };
    const given = { config: config.value, namespace: NAMESPACE, component: "hawser-test", log, scopes };
    return openKubernetesSource({ ...given, ...options });
  }

  async function put(manifest: Readonly<Record<string, unknown>>): Promise<void> {
    const { name } = manifest["metadata"] as { readonly name: string };
    const path = objectPath(refTo(name, manifest["kind"] as Kind));
    const contentType = "application/apply-patch+yaml";
    await cluster.api.must({ method: "PATCH", path: `${path}?fieldManager=test`, body: manifest, contentType });
  }

  async function remove(ref: ObjectRef): Promise<void> {
    await cluster.api.must({ method: "DELETE", path: objectPath(ref) });
  }

  /** Hawser's own: the API server writes some, too, about ClusterIPs that it repairs. */
  async function events(): Promise<readonly (EventRecord & { readonly count: number })[]> {
    type Item = EventRecord & { involvedObject: ObjectRef; count: number; source: { component?: string } };
    const { items } = await cluster.api.must<{ items: Item[] }>({ path: EVENTS });
    const ours = items.filter(({ source: { component } }) => component?.startsWith("hawser-") === true);
    return ours.map(({ involvedObject: about, ...event }) => ({ ...event, about }));
  }

  async function clear(): Promise<void> {
    const collections = [collectionPath("Service", NAMESPACE), collectionPath("ConfigMap", NAMESPACE), EVENTS, LEASES];
    for (const path of collections) await cluster.api.must({ method: "DELETE", path });
  }

  interface Opened {
    readonly source: Source;
    readonly problems: Map<string, readonly Problem[]>;
    readonly standing: () => readonly string[];
  }

  function open(opened: Source, kinds: readonly Kind[] = ["Service"]): Opened & { readonly ready: Promise<void> } {
    closers.push(async () => opened.close());
    const problems = new Map<string, readonly Problem[]>();
    const ready = opened.open(kinds, {
      onChange: () => undefined,
      onProblems: (where, found) => problems.set(where, found),
    });
    const standing = (): readonly string[] => [...problems.values()].flat().map(({ code }) => code);
    return { source: opened, problems, standing, ready };
  }

  describeSource("the API server", async (): Promise<World> => ({
    source: () => source({ watchesReports: true, watchesHistory: true }),
    put,
    remove,
    define: async (kind) => install(cluster, openDefinition(kind)),
    undefine: async (kind) => uninstall(cluster, openDefinition(kind)),
    forgotten: async () => undefined,
    events,
    close: clear,
  }));

  describe("what a folder cannot show", () => {
    afterEach(clear);

    it("status as the API server stores it (ipMode: VIP) is no difference, and costs no request", async () => {
      await put(serviceManifest("a"));
      const opened = open(source());
      await opened.ready;
      const patch = (ipMode?: string) => ({
        status: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ...(ipMode === undefined ? {} : { ipMode }) }] } },
      });
      expect(await opened.source.patch(refTo("a"), patch())).toBe("written");
      const object = opened.source.list("Service").get("shop/a");
      expect(object?.["status"]).toEqual(patch("VIP").status);
      await cluster.kill("kube-apiserver");
      expect(await opened.source.patch(refTo("a"), patch())).toBe("unchanged");
      expect(await opened.source.patch(refTo("a"), patch("VIP"))).toBe("unchanged");
      await cluster.restart("kube-apiserver");
    });

    it("which version of which object a line puts stands at its beginning, whatever the kind", async () => {
      await put(serviceManifest("a"));
      await put(configMapManifest("a", { a: "1" }));
      const config = readKubeconfig(cluster.kubeconfigFile);
      if (!config.ok) throw new Error(config.problems[0]?.why);
      const client = new ApiClient(config.value, realTiming);
      closers.push(async () => client.close());
      const lines: string[] = [];
      const ended = new AbortController();
      const paths = [collectionPath("Service"), collectionPath("ConfigMap", NAMESPACE)];
      for (const path of paths)
        client
          .watch({
            path: `${path}?watch=1`,
            signal: ended.signal,
            onStart: () => undefined,
            onLines: (some) => lines.push(...some),
          })
          .catch(() => undefined);
      // The Service of the API server itself, ours, and our ConfigMap.
      await vi.waitFor(() => expect(lines.length).toBeGreaterThanOrEqual(3), eventually);
      ended.abort();
      for (const line of lines) {
        const { object } = JSON.parse(line) as { readonly object: unknown };
        expect(identityInLine(line)).toEqual(identityOf(object));
        expect(line).not.toContain("managedFields");
      }
    });

    it("status and annotations of a Service go in one write, and leave the rest of it alone", async () => {
      await put({
        ...serviceManifest("a"),
        metadata: { name: "a", namespace: NAMESPACE, annotations: { theirs: "1" } },
      });
      const opened = open(source());
      await opened.ready;
      const before = await cluster.api.must<KubeObject>({ path: objectPath(refTo("a")) });
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } };
      await opened.source.patch(refTo("a"), { status, annotations: { "hawser.dev/note": "x" } });
      const after = await cluster.api.must<KubeObject>({ path: objectPath(refTo("a")) });
      expect(after).toMatchObject({ status, spec: before["spec"] });
      expect(after.metadata.annotations).toEqual({ theirs: "1", "hawser.dev/note": "x" });
      const managers = (after.metadata as unknown as { managedFields: { manager: string; subresource?: string }[] })
        .managedFields;
      expect(managers.filter(({ manager }) => manager === "hawser")).toMatchObject([{ subresource: "status" }]);
    });

    it("an API server that stops and starts again loses nothing, and its absence is told and taken back", async () => {
      await put(serviceManifest("a"));
      const opened = open(source());
      await opened.ready;
      await cluster.kill("kube-apiserver");
      await vi.waitFor(() => expect(opened.standing()).toEqual(["API_SERVER_UNREACHABLE"]), eventually);
      expect([...opened.source.list("Service").keys()]).toEqual(["shop/a"]);
      await expect(opened.source.patch(refTo("a"), { annotations: { x: "1" } })).rejects.toThrow();
      await cluster.restart("kube-apiserver");
      await put(serviceManifest("b"));
      const keys = (): readonly string[] => [...opened.source.list("Service").keys()].sort();
      await vi.waitFor(() => expect(keys()).toEqual(["shop/a", "shop/b"]), eventually);
      await vi.waitFor(() => expect(opened.standing()).toEqual([]), eventually);
    });

    it("a source opened before the API server is there waits for it", async () => {
      await put(serviceManifest("a"));
      await cluster.kill("kube-apiserver");
      const opened = open(source());
      await vi.waitFor(() => expect(opened.standing()).toEqual(["API_SERVER_UNREACHABLE"]), eventually);
      await cluster.restart("kube-apiserver");
      await opened.ready;
      expect([...opened.source.list("Service").keys()]).toEqual(["shop/a"]);
    });

    it("a user without rights is told what it lacks", async () => {
      const kubeconfig = join(directory, "guest.kubeconfig");
      cluster.writeKubeconfig(kubeconfig, { token: cluster.tokenOf("guest") });
      const opened = open(source({}, kubeconfig));
      await vi.waitFor(() => expect(opened.standing()).toEqual(["API_ACCESS_REFUSED"]), eventually);
      expect([...opened.problems.values()].flat()[0]?.why).toContain('User "guest" cannot list resource "services"');
    });

    it("an Event is counted on by the program that comes after", async () => {
      await put(serviceManifest("a"));
      const event = { about: refTo("a"), type: "Warning", reason: "PoolExhausted", message: "no address" } as const;
      for (const count of [1, 2, 3]) {
        const opened = open(source());
        await opened.ready;
        opened.source.record(event);
        await opened.source.close();
        expect(await events()).toMatchObject([{ ...event, count }]);
      }
      const uid = (await cluster.api.must<KubeObject>({ path: objectPath(refTo("a")) })).metadata.uid;
      expect((await events())[0]?.about).toMatchObject({ kind: "Service", uid, apiVersion: "v1" });
    });

    it("a report is a Lease, which goes with its program", async () => {
      const opened = open(source());
      await opened.ready;
      await opened.source.report("speaker-n1", { announcing: ["192.0.2.1"] });
      const path = `${LEASES}/speaker-n1`;
      expect(await cluster.api.must({ path })).toMatchObject({ spec: { holderIdentity: "speaker-n1" } });
      await opened.source.close();
      expect((await cluster.api.request({ path })).status).toBe(404);
    });

    it("selectors of fields keep what a program does not need away, and follow changes", async () => {
      await put(serviceManifest("a", { type: "ClusterIP" }));
      await put(serviceManifest("b"));
      await put(configMapManifest("c", {}));
      await put(configMapManifest("d", {}));
      const scopes = {
        Service: { namespace: NAMESPACE, fieldSelector: "spec.type=LoadBalancer" },
        ConfigMap: { namespace: NAMESPACE, fieldSelector: "metadata.name=c" },
      };
      const opened = open(source({ scopes }), ["Service", "ConfigMap"]);
      await opened.ready;
      const keys = (kind: Kind): readonly string[] => [...opened.source.list(kind).keys()].sort();
      expect([keys("Service"), keys("ConfigMap")]).toEqual([["shop/b"], ["shop/c"]]);
      await put(serviceManifest("a"));
      await put(serviceManifest("b", { type: "ClusterIP" }));
      await vi.waitFor(() => expect(keys("Service")).toEqual(["shop/a"]), eventually);
    });

    it("every kind Hawser reads can be listed and watched", async () => {
      const scopes = { Secret: { fieldSelector: "type=kubernetes.io/tls" } };
      const opened = open(source({ scopes }), kinds);
      await opened.ready;
      expect(opened.standing()).toEqual([]);
      expect(kinds.map((kind) => opened.source.list(kind).size)).toEqual(kinds.map(expectedSize));
    });

    it("the annotations of an Ingress go with its status, those of a ConfigMap without", async () => {
      const backend = { service: { name: "a", port: { number: 80 } } };
      await put({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "i", namespace: NAMESPACE },
        spec: { defaultBackend: backend },
      });
      await put(configMapManifest("c", {}));
      const opened = open(source(), ["Ingress", "ConfigMap"]);
      await opened.ready;
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
      const annotations = { "hawser.dev/note": "x" };
      const ingress = refTo("i", "Ingress");
      expect(await opened.source.patch(ingress, { status, annotations })).toBe("written");
      expect(await opened.source.patch(refTo("c", "ConfigMap"), { annotations })).toBe("written");
      for (const ref of [ingress, refTo("c", "ConfigMap")])
        expect(await cluster.api.must({ path: objectPath(ref) })).toMatchObject({ metadata: { annotations } });
      expect(await cluster.api.must({ path: objectPath(ingress) })).toMatchObject({ status });
      await remove(ingress);
    });

    it("1,200 objects come in pages of 500, and one that changes is the only one that is new", async () => {
      const names = Array.from({ length: 1_200 }, (_, index) => `c${index}`);
      for (let at = 0; at < names.length; at += 100)
        await Promise.all(names.slice(at, at + 100).map(async (name) => put(configMapManifest(name, {}))));
      const opened = open(source(), ["ConfigMap"]);
      await opened.ready;
      const before = opened.source.list("ConfigMap");
      expect(before.size).toBe(1_200);
      expect(await opened.source.patch(refTo("c7", "ConfigMap"), { annotations: { x: "1" } })).toBe("written");
      const after = opened.source.list("ConfigMap");
      expect([...after].filter(([key, object]) => before.get(key) !== object).map(([key]) => key)).toEqual(["shop/c7"]);
    });
  });

  it("runs as a pod does, by the files of its ServiceAccount, which may be rewritten", async () => {
    const mounted = mkdtempSync(join(tmpdir(), "hawser-account-"));
    closers.push(async () => rmSync(mounted, { recursive: true }));
    writeFileSync(join(mounted, "ca.crt"), readFileSync(cluster.caFile));
    writeFileSync(join(mounted, "token"), "0123456789abcdef\n");
    const { hostname, port } = new URL(cluster.url);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const config = inClusterConfig({ env, directory: mounted });
    if (!config.ok) throw new Error("no config");
    const opened = open(source({ config: config.value }));
    await vi.waitFor(() => expect(opened.standing()).toEqual(["API_ACCESS_REFUSED"]), eventually);
    writeFileSync(join(mounted, "token"), `${cluster.adminToken}\n`);
    await opened.ready;
    expect(opened.standing()).toEqual([]);
  });

  it("reads a kubeconfig with its authority in the file", async () => {
    const kubeconfig = join(directory, "inline.kubeconfig");
    const ca = readFileSync(cluster.caFile).toString("base64");
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
        clusters: [{ name: "k", cluster: { server: cluster.url, "certificate-authority-data": ca } }],
        users: [{ name: "u", user: { token: cluster.adminToken } }],
      }),
    );
    const opened = open(source({}, kubeconfig));
    await opened.ready;
    expect(opened.standing()).toEqual([]);
  });

  it("feeds the controller, which assigns, is found ready, and writes nothing after a restart", async () => {
    const config = "address-pools: [{ name: edge, protocol: layer2, addresses: [192.0.2.0/24] }]";
    await put(configMapManifest("hawser", { config }));
    await put(serviceManifest("web"));
    const version = async (): Promise<string | undefined> => {
      const object = await cluster.api.must<KubeObject>({ path: objectPath(refTo("web")) });
      expect(object).toMatchObject({ status: { loadBalancer: { ingress: [{ ip: "192.0.2.0", ipMode: "VIP" }] } } });
      return object.metadata.resourceVersion;
    };
    const run = async (): Promise<void> => {
      const options = ["--kubeconfig", cluster.kubeconfigFile, "--namespace", NAMESPACE, "--admin-port", "0"];
      const controller = startCommand(process.execPath, [CONTROLLER, ...options]);
      closers.push(async () => controller.child.kill("SIGKILL"));
      await controller.says(/"msg":"ready"/);
      controller.child.kill("SIGTERM");
      expect((await controller.ended).code).toBe(0);
    };
    await run();
    const written = await version();
    await run();
    expect(await version()).toBe(written);
    const said = (await events()).filter(({ about }) => about.kind === "Service");
    expect(said).toMatchObject([{ reason: "AddressAssigned", count: 1 }]);
    await clear();
  });

  // The last one: nothing is left after it.
  it("refuses an API server whose etcd was wiped, and keeps what it knows", async () => {
    await put(serviceManifest("a"));
    const opened = open(source());
    await opened.ready;
    // Beyond the versions that an empty cluster begins with.
    for (let count = 0; count < 500; count++) await put(configMapManifest("c", { count: String(count) }));
    await put(serviceManifest("b"));
    const keys = (): readonly string[] => [...opened.source.list("Service").keys()];
    await vi.waitFor(() => expect(keys()).toEqual(["shop/a", "shop/b"]), eventually);
    await cluster.kill("kube-apiserver");
    await cluster.kill("etcd");
    rmSync(join(directory, "etcd"), { recursive: true });
    await Promise.all([cluster.restart("etcd"), cluster.restart("kube-apiserver")]);
    await vi.waitFor(() => expect(opened.standing()).toEqual(["API_SERVER_WENT_BACK"]), eventually);
    expect(keys()).toEqual(["shop/a", "shop/b"]);
  });
});
