import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { FaultProxy } from "#lab/faults/fault-proxy.ts";
import type { Host } from "#lab/rack/host.ts";
import { readyLine } from "#lab/hawser/installation.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { announcedAddresses } from "#src/model/print-addresses.ts";
import { leasePath, readReport } from "#src/source/kubernetes/leases/report-leases.ts";
import { eventually } from "#test/support/eventually.ts";
import { AddressInvariant } from "./invariant.ts";
import { again, growOld, wipeEtcd } from "./trouble.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const RELAY = fileURLToPath(new URL("../../lab/faults/relay-main.ts", import.meta.url));
const RELAY_PORT = 7_443;
const NAMESPACE = "hawser-system";
const SERVICES = "/api/v1/namespaces/default/services";
const LASTS_MS = 8_000;
const ASK_EVERY_MS = 250;
/** Of a controller and two speakers together. */
const MAX_REQUESTS_A_SECOND = 45;
/** A busy machine keeps a speaker from its heartbeats for longer than the usual 100 ms, and that is not what is tried here. */
const PATIENCE = ["--dead-after", "3000", "--heartbeat-interval", "100"];

describe.skipIf(reason !== undefined)("speakers, while the Kubernetes API is in trouble", () => {
  let directory: string;
  let rack: Rack;
  let cluster: Cluster;
  let proxy: FaultProxy;
  let invariant: AddressInvariant;
  const programs: RackProcess[] = [];
  /** Of each address, the one MAC that answers for it. */
  const macs = new Map<string, string>();

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-faults-"));
    rack = await Rack.build({ nodes: 2 });
    cluster = await Cluster.start({ directory, host: rack.router });
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: NAMESPACE } } });
    const [prefix] = rack.client.ipv4.match(/^\d+\.\d+\.\d+\./) ?? [];
    const config = `address-pools: [{ name: edge, protocol: layer2, addresses: [${prefix}200-${prefix}220] }]`;
    const configMap = { metadata: { name: "hawser" }, data: { config } };
    await cluster.api.must({ path: `/api/v1/namespaces/${NAMESPACE}/configmaps`, body: configMap });
    await Promise.all(rack.nodes.map(addNode));
    const socket = join(directory, "proxy.sock");
    proxy = await FaultProxy.start({ cluster, directory, listen: { path: socket } });
    const relay = [process.execPath, RELAY, rack.router.ipv4, String(RELAY_PORT), socket];
    await rack.router.spawn({ name: "relay", command: relay, ready: /^ready$/ });
    const kubeconfig = join(directory, "proxied.kubeconfig");
    cluster.writeKubeconfig(kubeconfig, { server: `https://${rack.router.ipv4}:${RELAY_PORT}` });
    const keyFile = join(directory, "heartbeat.key");
    writeFileSync(keyFile, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
    const common = ["--kubeconfig", kubeconfig, "--namespace", NAMESPACE];
    invariant = await AddressInvariant.start(cluster);
    const start = async (host: Host, name: string, options: readonly string[] = []): Promise<void> => {
      const command = [process.execPath, CLI, name, ...common, ...options];
      const running = await host.spawn({ name, command });
      programs.push(running);
      await running.waitForLine(readyLine, 60_000);
    };
    await Promise.all([
      start(rack.router, "controller"),
      ...rack.nodes.map((node) =>
        start(node, "speaker", ["--node", node.name, "--heartbeat-key-file", keyFile, ...PATIENCE]),
      ),
    ]);
    for (const name of ["a", "b", "c"]) await addService(name);
  });
  afterAll(async () => {
    await Promise.all(programs.map((running) => running.stop()));
    await invariant[Symbol.asyncDispose]();
    proxy[Symbol.dispose]();
    await cluster.stop();
    await rack.close();
    rmSync(directory, { recursive: true });
  });

  async function addNode(node: Host): Promise<void> {
    await cluster.api.must({ path: "/api/v1/nodes", body: { metadata: { name: node.name } } });
    const addresses = node.addresses.map((address) => ({ type: "InternalIP", address }));
    const body = { status: { addresses, conditions: [{ type: "Ready", status: "True" }] } };
    const contentType = "application/merge-patch+json";
    await cluster.api.must({ method: "PATCH", path: `/api/v1/nodes/${node.name}/status`, contentType, body });
  }

  /** Makes a Service, and waits until its address is answered for. */
  async function addService(name: string): Promise<void> {
    const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
    await cluster.api.must({ path: SERVICES, body: { metadata: { name }, spec } });
    await invariant.untilAssigned([`default/${name}`]);
    const [ip = ""] = invariant.assigned.get(`default/${name}`) ?? [];
    macs.set(ip, await until(`${ip} is answered for`, () => macOf(ip)));
  }

  /** Who answers an ARP request that the client sends now; undefined: nobody within the time. */
  async function macOf(ip: string): Promise<string | undefined> {
    await rack.client.run(["ip", "neigh", "flush", "to", ip, "dev", "eth0"]);
    await rack.client.run(["bash", "-c", `echo > /dev/udp/${ip}/9`]);
    return until(`an ARP reply for ${ip}`, async () => (await rack.client.neighbor(ip))?.mac, {
      timeoutMs: 2_000,
    }).catch(() => undefined);
  }

  /** Which nodes say that they answer for an address; a cluster that was wiped knows no more. */
  async function announcers(ip: string): Promise<readonly string[]> {
    const { items } = await cluster.api.must<{ items: readonly unknown[] }>({ path: leasePath(NAMESPACE) });
    const reports = items.map((lease) => readReport("report", lease)).filter((report) => report !== undefined);
    return reports.filter((report) => announcedAddresses(report).has(ip)).map((report) => String(report["node"]));
  }

  /** Asks for all addresses again and again until the trouble is over: each is answered, and by the same node. */
  async function expectAnswers(trouble: Promise<void>): Promise<void> {
    const over = new AbortController();
    const ended = trouble.finally(() => over.abort());
    const wrong: string[] = [];
    let asked = 0;
    while (!over.signal.aborted) {
      for (const [ip, mac] of macs) {
        const answered = await macOf(ip);
        asked += 1;
        if (answered !== mac) wrong.push(`${ip}: ${answered ?? "nobody"} instead of ${mac}`);
      }
      await sleep(ASK_EVERY_MS);
    }
    await ended;
    const said = programs.flatMap(({ name, lines }) =>
      lines.filter((line) => line.includes("announcements changed")).map((line) => `${name}: ${line}`),
    );
    expect(wrong, said.join("\n")).toEqual([]);
    expect(asked).toBeGreaterThanOrEqual(macs.size);
    expect(invariant.violations).toEqual([]);
  }

  const lasts = async (): Promise<void> => sleep(LASTS_MS);

  it("the addresses are answered for by nodes", () => {
    const known = new Set(rack.nodes.map(({ mac }) => mac));
    expect([...macs.values()].every((mac) => known.has(mac))).toBe(true);
    expect(macs.size).toBe(3);
  });

  it.each([
    {
      name: "the API server is killed and started again",
      trouble: async () => {
        await cluster.kill("kube-apiserver");
        await lasts();
        await cluster.restart("kube-apiserver");
      },
    },
    {
      name: "connections swallow everything",
      trouble: async () => {
        proxy.front.isSilent = true;
        await lasts();
        proxy.front.isSilent = false;
      },
    },
    {
      name: "requests are taken and never answered, and connections are cut",
      trouble: async () => {
        proxy.faults = [{ action: { kind: "silence" } }];
        proxy.front.cut();
        await lasts();
        proxy.faults = [];
        proxy.front.cut();
      },
    },
    { name: "watches are cut again and again", trouble: async () => again(LASTS_MS, 200, () => proxy.cutWatches()) },
    {
      name: "watches are too old (410) again and again",
      trouble: async () => again(LASTS_MS, 200, () => proxy.expireWatches()),
    },
  ])("$name: each address is answered for by its owner, and a new one afterwards", async ({ name, trouble }) => {
    const [fromMs, before] = [performance.now(), proxy.requests.length];
    await expectAnswers(trouble());
    const seconds = (performance.now() - fromMs) / 1_000;
    expect((proxy.requests.length - before) / seconds).toBeLessThan(MAX_REQUESTS_A_SECOND);
    // A report that was on its way when the trouble began comes afterwards.
    for (const ip of macs.keys())
      await vi.waitFor(async () => expect(await announcers(ip), ip).toHaveLength(1), eventually);
    await addService(`after-${name.replaceAll(/[^a-z]+/g, "-").slice(0, 30)}x`);
  });

  // The last one: nothing is left after it.
  it("etcd is wiped: each address is still answered for by its owner", async () => {
    await growOld(cluster);
    await addService("last");
    await expectAnswers(
      (async () => {
        await wipeEtcd(cluster, directory);
        const refusing = programs.map((running) => running.waitForLine(/API_SERVER_WENT_BACK/, 60_000));
        await Promise.all(refusing);
        await lasts();
      })(),
    );
  });
});
