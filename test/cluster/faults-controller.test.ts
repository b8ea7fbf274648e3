import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { type Fault, FaultProxy, type SeenRequest } from "#lab/faults/fault-proxy.ts";
import { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";
import { AddressInvariant } from "./invariant.ts";
import { again, growOld, wipeEtcd } from "./trouble.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const CONTROLLER = fileURLToPath(new URL("../../controller/main.ts", import.meta.url));
const ADMIN_PORT = 19_120;
const NAMESPACE = "hawser-system";
const SERVICES = "/api/v1/namespaces/shop/services";
/** How long each fault lasts. */
const LASTS_MS = 6_000;
/** Services that are made while a fault lasts. */
const NEW_SERVICES = 5;
/** What a controller asks for side by side: ConfigMaps, Services, Nodes, Namespaces, speakers' reports, members' records, the history, and its Lease. */
const STREAMS = 8;
/**
 * Requests a second that an API server in trouble may see of one controller: some 5 back-offs of each stream in the first
 * seconds, and five Services that wait.
 */
const MAX_REQUESTS_A_SECOND = 3 * STREAMS;
const pools = "address-pools: [{ name: edge, protocol: layer2, addresses: [192.0.2.0/24] }]";

const always = (action: Fault["action"]): Fault => ({ action });
const patches = (share: number, action: Fault["action"]): Fault => ({
  when: ({ method, path }: SeenRequest) => method === "PATCH" && path.includes("/services/"),
  share,
  action,
});

describe.skipIf(reason !== undefined)("the controller, while the Kubernetes API is in trouble", () => {
  let directory: string;
  let cluster: Cluster;
  let proxy: FaultProxy;
  let controller: RackProcess;
  let invariant: AddressInvariant;
  let made = 0;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-faults-"));
    cluster = await Cluster.start({ directory });
    for (const name of [NAMESPACE, "shop"])
      await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name } } });
    const configMap = { metadata: { name: "hawser" }, data: { config: pools } };
    await cluster.api.must({ path: `/api/v1/namespaces/${NAMESPACE}/configmaps`, body: configMap });
    proxy = await FaultProxy.start({ cluster, directory });
    invariant = await AddressInvariant.start(cluster);
    controller = startController();
    await controller.waitForLine(/"msg":"ready"/, 60_000);
    await invariant.untilAssigned(await makeServices());
  });
  afterAll(async () => {
    await controller.stop();
    await invariant[Symbol.asyncDispose]();
    proxy[Symbol.dispose]();
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  function startController(): RackProcess {
    const kubeconfig = join(directory, "proxied.kubeconfig");
    cluster.writeKubeconfig(kubeconfig, { server: proxy.url });
    const options = ["--kubeconfig", kubeconfig, "--namespace", NAMESPACE, "--admin-port", String(ADMIN_PORT)];
    return new RackProcess({ name: "controller", command: [process.execPath, CONTROLLER, ...options] });
  }

  /** Makes some Services at the API server itself; returns their keys. */
  async function makeServices(): Promise<readonly string[]> {
    const names = Array.from({ length: NEW_SERVICES }, () => `s${++made}`);
    for (const name of names) {
      const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
      await cluster.api.must({ path: SERVICES, body: { metadata: { name }, spec } });
    }
    return names.map((name) => `shop/${name}`);
  }

  const lasts = async (): Promise<void> => sleep(LASTS_MS);

  async function whileFaulty(fault: Fault): Promise<void> {
    proxy.faults = [fault];
    await lasts();
    proxy.faults = [];
  }

  const troubles: readonly { readonly name: string; readonly trouble: () => Promise<void> }[] = [
    {
      name: "connections are refused",
      trouble: async () => {
        proxy.front.refuse();
        proxy.front.cut();
        await lasts();
        await proxy.front.open();
      },
    },
    { name: "connections are reset again and again", trouble: () => again(LASTS_MS, 300, () => proxy.front.cut()) },
    {
      name: "connections swallow everything",
      trouble: async () => {
        proxy.front.isSilent = true;
        await lasts();
        proxy.front.isSilent = false;
      },
    },
    { name: "watches are cut again and again", trouble: () => again(LASTS_MS, 200, () => proxy.cutWatches()) },
    {
      name: "watches end in the middle of a line",
      trouble: () => again(LASTS_MS, 200, () => proxy.cutWatches("in a line")),
    },
    {
      name: "watches are too old (410) again and again",
      trouble: () => again(LASTS_MS, 200, () => proxy.expireWatches()),
    },
    {
      name: "two of three writes conflict (409)",
      trouble: () => whileFaulty(patches(0.67, { kind: "answer", status: 409 })),
    },
    {
      name: "two of three requests are too many (429, Retry-After)",
      trouble: () => whileFaulty({ share: 0.67, action: { kind: "answer", status: 429, retryAfterSeconds: 1 } }),
    },
    {
      name: "all requests are too many (429, Retry-After)",
      trouble: () => whileFaulty(always({ kind: "answer", status: 429, retryAfterSeconds: 1 })),
    },
    {
      name: "half of all requests fail (500)",
      trouble: () => whileFaulty({ share: 0.5, action: { kind: "answer", status: 500 } }),
    },
    { name: "all requests fail (503)", trouble: () => whileFaulty(always({ kind: "answer", status: 503 })) },
    { name: "each answer takes 2 seconds", trouble: () => whileFaulty(always({ kind: "delay", ms: 2_000 })) },
    { name: "requests are taken and never answered", trouble: () => whileFaulty(always({ kind: "silence" })) },
    { name: "half of all requests are cut", trouble: () => whileFaulty({ share: 0.5, action: { kind: "reset" } }) },
    { name: "the answers of half of the writes are lost", trouble: () => whileFaulty(patches(0.5, { kind: "lose" })) },
    { name: "answers drip", trouble: () => whileFaulty(always({ kind: "drip", bytes: 64, everyMs: 50 })) },
  ];

  afterEach(() => {
    expect(controller.exitCode, controller.lines.slice(-3).join("\n")).toBeUndefined();
  });

  it.each(troubles)("$name: no address moves, no storm, and all is well afterwards", async ({ trouble }) => {
    const fromMs = performance.now();
    const before = proxy.requests.length;
    const hits = (): number => proxy.hits + proxy.front.hits;
    const unhurt = hits();
    const during = trouble();
    const keys = await makeServices();
    await during;
    const seconds = (performance.now() - fromMs) / 1_000;
    const requests = proxy.requests.length - before;
    expect(hits(), "the fault was felt").toBeGreaterThan(unhurt);
    expect(requests / seconds).toBeLessThan(MAX_REQUESTS_A_SECOND);
    await invariant.untilAssigned(keys);
  });

  it("the API server is killed and started again: no address moves, no storm, and all is well afterwards", async () => {
    const before = proxy.requests.length;
    const fromMs = performance.now();
    await cluster.kill("kube-apiserver");
    await lasts();
    await cluster.restart("kube-apiserver");
    const seconds = (performance.now() - fromMs) / 1_000;
    expect((proxy.requests.length - before) / seconds).toBeLessThan(MAX_REQUESTS_A_SECOND);
    await invariant.untilAssigned(await makeServices());
  });

  it("the controller is killed in the middle of lost and conflicting writes: its successor moves nothing", async () => {
    proxy.faults = [patches(0.5, { kind: "lose" }), patches(0.5, { kind: "answer", status: 409 })];
    const keys = await makeServices();
    await until("some of them are written", () => keys.some((key) => invariant.assigned.has(key)), {
      timeoutMs: 60_000,
    });
    await controller.kill();
    proxy.faults = [];
    controller = startController();
    await invariant.untilAssigned(keys);
  });

  // The last one: nothing is left after it.
  it("an API server whose etcd was wiped is refused loudly, and nothing is written to it", async () => {
    const known = invariant.assigned;
    await growOld(cluster);
    await invariant.untilAssigned(await makeServices());
    await invariant[Symbol.asyncDispose]();
    await wipeEtcd(cluster, directory);
    const before = proxy.requests.length;
    for (const name of [NAMESPACE, "shop"])
      await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name } } });
    // As from a repository of manifests: the same names in another order, without a status.
    for (const key of [...known.keys()].reverse()) {
      const body = { metadata: { name: key.slice(5) }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } };
      await cluster.api.must({ path: SERVICES, body });
    }
    await controller.waitForLine(/API_SERVER_WENT_BACK.*services|services.*API_SERVER_WENT_BACK/, 60_000);
    const readiness = await fetch(`http://127.0.0.1:${ADMIN_PORT}/readyz`);
    expect([readiness.status, await readiness.text()]).toEqual([503, expect.stringContaining("API_SERVER_WENT_BACK")]);
    await lasts();
    const writes = proxy.requests
      .slice(before)
      .filter(({ method, path }) => method !== "GET" && path.includes("/services"));
    expect(writes).toEqual([]);
    const { items } = await cluster.api.must<{ items: { status: unknown }[] }>({ path: SERVICES });
    expect(items.map(({ status }) => status)).toEqual(items.map(() => ({ loadBalancer: {} })));
    // Restarted by a person who means it: the new cluster counts.
    await controller.stop();
    controller = startController();
    await using after = await AddressInvariant.start(cluster);
    const configMap = { metadata: { name: "hawser" }, data: { config: pools } };
    await cluster.api.must({ path: `/api/v1/namespaces/${NAMESPACE}/configmaps`, body: configMap });
    await after.untilAssigned([...known.keys()]);
  });
});
