import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster-build.ts";
import { Cluster } from "#lab/cluster.ts";
import { readyLine } from "#lab/installation.ts";
import { RackProcess } from "#lab/rack-process.ts";
import { until } from "#lab/until.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const COUNT = 500;
const AT_ONCE = 16;
const NAMESPACE = "hawser-system";
const SERVICES = "/api/v1/namespaces/default/services";
const CONTROLLER = new URL("../../controller/main.ts", import.meta.url).pathname;
const TIMEOUT_MS = 300_000;

interface ServiceObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly { readonly ip: string }[] } };
}

describe.skipIf(reason !== undefined)(`${COUNT} Services at once`, { timeout: TIMEOUT_MS }, () => {
  let directory: string;
  let cluster: Cluster;
  let controller: RackProcess | undefined;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-scale-"));
    cluster = await Cluster.start({ directory });
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: NAMESPACE } } });
    const config = "address-pools:\n- { name: default, protocol: layer2, addresses: [198.18.0.0/22] }\n";
    const body = { metadata: { name: "hawser" }, data: { config } };
    await cluster.api.must({ path: `/api/v1/namespaces/${NAMESPACE}/configmaps`, body });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await controller?.stop();
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  async function startController(): Promise<RackProcess> {
    const options = ["--kubeconfig", cluster.kubeconfigFile, "--admin-port", "0", "--log-level", "info"];
    const running = new RackProcess({ name: "controller", command: [process.execPath, CONTROLLER, ...options] });
    await running.waitForLine(readyLine, TIMEOUT_MS);
    return running;
  }

  async function services(): Promise<readonly ServiceObject[]> {
    const { items } = await cluster.api.must<{ items: ServiceObject[] }>({ path: SERVICES });
    return items.filter(({ metadata }) => metadata.name !== "kubernetes");
  }

  /** Writes to Services and Events that the API server has counted so far. */
  async function writes(): Promise<number> {
    const text = await cluster.api.must<string>({ path: "/metrics" });
    const rows = text
      .split("\n")
      .filter((line) => /^apiserver_request_total\{.*resource="(services|events)"/.test(line));
    const ofWrites = rows.filter((line) => /verb="(POST|PUT|PATCH|APPLY|DELETE)"/.test(line));
    return ofWrites.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  async function create(prefix: string, count: number): Promise<void> {
    const numbers = Array.from({ length: count }, (_, number) => number).values();
    const worker = async (): Promise<void> => {
      for (const number of numbers) {
        const spec = { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] };
        await cluster.api.must({ path: SERVICES, body: { metadata: { name: `${prefix}-${number}` }, spec } });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async function untilAssigned(count: number): Promise<readonly ServiceObject[]> {
    const all = async (): Promise<readonly ServiceObject[] | false> => {
      const seen = await services();
      return seen.filter(({ status }) => status.loadBalancer.ingress !== undefined).length === count && seen;
    };
    return until(`${count} Services have an address`, all, { timeoutMs: TIMEOUT_MS });
  }

  /** Resolves with the number of writes once it is the same as a while before. */
  async function untilCalm(): Promise<number> {
    let before = -1;
    let sinceMs = 0;
    const isCalm = async (): Promise<boolean> => {
      const now = await writes();
      if (now !== before) [before, sinceMs] = [now, performance.now()];
      return performance.now() - sinceMs > 3_000;
    };
    await until("nobody writes any more", isCalm, { timeoutMs: TIMEOUT_MS });
    return before;
  }

  it("all get an address of their own, for at most three writes each, Events included", async () => {
    controller = await startController();
    const before = await untilCalm();
    await create("storm", COUNT);
    const assigned = await untilAssigned(COUNT);
    const addresses = assigned.map(({ status }) => status.loadBalancer.ingress?.[0]?.ip);
    expect(new Set(addresses).size).toBe(COUNT);
    const ofController = (await untilCalm()) - before - COUNT;
    expect(ofController).toBeGreaterThanOrEqual(COUNT);
    expect(ofController / COUNT).toBeLessThanOrEqual(3);
  });

  it("a restart writes nothing to them and moves none, and serves one more", async () => {
    const before = new Map((await services()).map((one) => [one.metadata.name, one]));
    await controller?.stop();
    const writesBefore = await untilCalm();
    controller = await startController();
    expect(await untilCalm()).toBe(writesBefore);
    for (const one of await services()) expect(one).toEqual(before.get(one.metadata.name));
    await create("later", 1);
    await untilAssigned(COUNT + 1);
  });
});
