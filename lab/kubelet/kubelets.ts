import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "#lab/cluster/cluster.ts";
import { ClusterApi } from "#lab/cluster/cluster-api.ts";
import type { ImageProgram } from "#lab/rack/image-program.ts";
import type { Rack } from "#lab/rack/rack.ts";
import { openTunnel } from "./tunnel.ts";
import { until } from "#lab/rack/until.ts";
import { Binder } from "./binder.ts";
import { Kubelet } from "./kubelet.ts";
import type { PodWorker } from "./pod-worker.ts";

const START_TIMEOUT_MS = 60_000;

export interface KubeletsOptions {
  readonly cluster: Cluster;
  readonly rack: Rack;
  /** What runs in pods of these images; in all others the lab's server. */
  readonly programs?: readonly ImageProgram[];
  /** How kube-proxy forwards; default nftables. */
  readonly proxyMode?: "nftables" | "iptables";
}

/**
 * The nodes of a rack as nodes of a cluster: on each a process-kubelet and the real kube-proxy, and one binder for all,
 * which stands for the scheduler. Needs a cluster with its controller-manager, on a host of the rack.
 * @example await using kubelets = await Kubelets.start({ cluster, rack, programs: [{ image: "web", command: [...] }] });
 */
export class Kubelets implements AsyncDisposable {
  readonly #kubelets: ReadonlyMap<string, Kubelet>;
  readonly #binder: Binder;

  private constructor(kubelets: readonly Kubelet[], binder: Binder) {
    this.#kubelets = new Map(kubelets.map((kubelet) => [kubelet.node, kubelet]));
    this.#binder = binder;
  }

  /** Resolves when all nodes are ready, and forward Services. */
  static async start(options: KubeletsOptions): Promise<Kubelets> {
    const { rack, cluster } = options;
    const directory = mkdtempSync("/run/kubelets-");
    const apiService = await clusterService(cluster);
    const start = async (name: string): Promise<Kubelet> => {
      const kubelet = await startKubelet(name, { ...options, directory, apiService });
      await cluster.startKubeProxy(rack.host(name), options.proxyMode);
      return kubelet;
    };
    const kubelets = await Promise.all(rack.nodes.map(({ name }) => start(name)));
    return new Kubelets(kubelets, new Binder(actingAs(cluster, "system:kube-scheduler", [])));
  }

  /** All pods that run on the nodes. */
  get pods(): readonly PodWorker[] {
    return [...this.#kubelets.values()].flatMap((kubelet) => kubelet.pods);
  }

  /** A pod by `namespace/name`; throws if no node runs it. */
  pod(key: string): PodWorker {
    const found = this.pods.find((pod) => pod.key === key);
    if (found === undefined) throw new Error(`no node runs a pod ${key}`);
    return found;
  }

  /** The pods whose `namespace/name` begins with a text. */
  podsOf(begin: string): readonly PodWorker[] {
    return this.pods.filter(({ key }) => key.startsWith(begin));
  }

  /** The lines of the programs of these pods. */
  linesOf(begin: string): readonly string[] {
    return this.podsOf(begin).flatMap((pod) => pod.process()?.lines ?? []);
  }

  /** What the programs in pods said last, for a person who looks into a failure. */
  saidLast(): unknown {
    return this.pods.map((pod) => [pod.key, pod.process()?.lines.slice(-3)]);
  }

  kubelet(node: string): Kubelet {
    const found = this.#kubelets.get(node);
    if (found === undefined) throw new Error(`there is no kubelet on ${node}`);
    return found;
  }

  /** Ends all pods and kubelets; kube-proxies end with the rack. */
  async close(): Promise<void> {
    await this.#binder.close();
    await Promise.all([...this.#kubelets.values()].map((kubelet) => kubelet.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

interface StartOptions extends KubeletsOptions {
  readonly directory: string;
  readonly apiService: { readonly host: string; readonly port: string };
}

async function startKubelet(name: string, options: StartOptions): Promise<Kubelet> {
  const { rack, cluster, programs = [], apiService } = options;
  const node = rack.host(name);
  const directory = join(options.directory, name);
  mkdirSync(directory);
  const tunnel = await openTunnel(node, directory);
  const { hostname, port } = new URL(cluster.url);
  const api = new ClusterApi({
    end: () => tunnel.dial(hostname, Number(port)),
    caFile: cluster.caFile,
    token: cluster.adminToken,
    as: { user: `system:node:${name}`, groups: ["system:nodes"] },
  });
  const kubelet = await Kubelet.start({ rack, node, api, dial: tunnel.dial, programs, directory, apiService });
  // Without power there is no kubelet.
  void tunnel.process.exited.then(() => kubelet.pause());
  return kubelet;
}

/** The admin with the rights of another: the API server checks those. */
function actingAs(cluster: Cluster, user: string, groups: readonly string[]): ClusterApi {
  const { end, caFile, adminToken: token } = cluster;
  return new ClusterApi({ end, caFile, token, as: { user, groups } });
}

/** Where pods find the API: the Service `kubernetes`, which the API server makes for itself soon after its start. */
async function clusterService(cluster: Cluster): Promise<{ readonly host: string; readonly port: string }> {
  interface Found {
    readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly port: number }[] };
  }
  const path = "/api/v1/namespaces/default/services/kubernetes";
  const service = await until("the Service kubernetes is there", () => cluster.api.must<Found>({ path }), {
    timeoutMs: START_TIMEOUT_MS,
  });
  return { host: service.spec.clusterIP, port: String(service.spec.ports[0]?.port ?? 443) };
}
