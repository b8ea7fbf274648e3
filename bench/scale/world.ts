import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Cluster } from "#lab/cluster/cluster.ts";
import type { Host } from "#lab/rack/host.ts";
import type { Rack } from "#lab/rack/rack.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";
import type { AskOrder, Heard } from "./asker.ts";
import type { LoadLine, LoadOrder } from "./load.ts";
import { nodeObject } from "./objects.ts";

const LOAD = fileURLToPath(new URL("load.ts", import.meta.url));
const ASKER = fileURLToPath(new URL("asker.ts", import.meta.url));
/** The node numbers that have an address of their own in the rack's network. */
export const MOST_NODE_OBJECTS = 200;

const SERVICES = "/api/v1/namespaces/bench/services";

interface ServiceObject {
  readonly metadata: { readonly name: string };
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

interface ServiceList {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly ServiceObject[];
}

function addressIn({ status }: ServiceObject): string | undefined {
  return status.loadBalancer.ingress?.[0]?.ip;
}

/** What a load brought. */
export interface LoadResult {
  readonly createdS: number;
  readonly assignedS: number;
  readonly requested: readonly Extract<LoadLine, { kind: "requested" }>[];
}

/** A rack with one node and a client, and a fresh API server on its router that knows many Nodes. */
export class ScaleWorld implements AsyncDisposable {
  readonly rack: Rack;
  readonly cluster: Cluster;
  /** On a file system that all programs share. */
  readonly directory: string;

  private constructor(rack: Rack, cluster: Cluster, directory: string) {
    this.rack = rack;
    this.cluster = cluster;
    this.directory = directory;
  }

  static async start(rack: Rack, nodes: number): Promise<ScaleWorld> {
    const directory = mkdtempSync("/run/hawser-bench-");
    const cluster = await Cluster.start({ directory: join(directory, "cluster"), host: rack.router });
    const world = new ScaleWorld(rack, cluster, directory);
    await world.makeNamespace("bench");
    for (let number = 1; number <= nodes; number++) {
      const body = nodeObject(`n${number}`, `192.0.2.${10 + number}`);
      await cluster.api.must({ path: "/api/v1/nodes", body });
    }
    return world;
  }

  /** Where the control plane and the controllers run, beside the load. */
  get host(): Host {
    return this.rack.router;
  }

  get node(): Host {
    return this.rack.host("n1");
  }

  async makeNamespace(name: string): Promise<void> {
    await this.cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name } } });
  }

  /** Resolves when the API server knows a collection: a definition of it takes a moment to take effect. */
  async untilServed(path: string): Promise<void> {
    const isServed = async (): Promise<boolean> => (await this.cluster.api.request({ path })).status === 200;
    await until(`${path} is served`, isServed, { timeoutMs: 60_000 });
  }

  /** A kubeconfig of a ServiceAccount that may do everything, and is served like any pod. */
  async kubeconfigOf(namespace: string, name: string): Promise<string> {
    const token = await this.cluster.serviceAccountToken(namespace, name);
    const body = {
      metadata: { name: `bench-${name}` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", namespace, name }],
    };
    await this.cluster.api.must({ path: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", body });
    const file = join(this.directory, `${name}.kubeconfig`);
    this.cluster.writeKubeconfig(file, { token });
    return file;
  }

  /** Creates objects from a process of its own, as the admin; rejects if it fails. */
  async load(order: Omit<LoadOrder, "kubeconfig">): Promise<LoadResult> {
    const requested: Extract<LoadLine, { kind: "requested" }>[] = [];
    let done: Extract<LoadLine, { kind: "done" }> | undefined;
    const given: LoadOrder = { ...order, kubeconfig: this.cluster.kubeconfigFile };
    const running = await this.host.spawn({
      name: "load",
      command: [process.execPath, LOAD, JSON.stringify(given)],
      onLine: (text) => {
        const line = JSON.parse(text) as LoadLine;
        if (line.kind === "done") done = line;
        else requested.push(line);
      },
    });
    const code = await running.exited;
    if (code !== 0 || done === undefined) throw new Error(`the load ended with ${code}: ${running.lines.join("\n")}`);
    return { createdS: done.createdS, assignedS: done.assignedS, requested };
  }

  /** The addresses of the Services that have one, by their names. */
  async addresses(): Promise<ReadonlyMap<string, string>> {
    const addresses = new Map<string, string>();
    for (let next = ""; ;) {
      const { metadata, items } = await this.cluster.api.must<ServiceList>({ path: `${SERVICES}?limit=500${next}` });
      for (const item of items) {
        const ip = addressIn(item);
        if (ip !== undefined) addresses.set(item.metadata.name, ip);
      }
      if (metadata.continue === undefined) return addresses;
      next = `&continue=${metadata.continue}`;
    }
  }

  /** The address of one Service, if it has one. */
  async addressOf(name: string): Promise<string | undefined> {
    return addressIn(await this.cluster.api.must<ServiceObject>({ path: `${SERVICES}/${name}` }));
  }

  /** Starts to ask for addresses from the client; `heard` fills until all are answered, which ends the process. */
  async ask(order: Pick<AskOrder, "addresses" | "window" | "everyMs">): Promise<Asking> {
    const { mac, ipv4: senderIp } = this.rack.client;
    const heard = new Map<string, Heard>();
    const ready = Promise.withResolvers<void>();
    const given: AskOrder = { ...order, mac, senderIp };
    const running = await this.rack.client.spawn({
      name: "asker",
      command: [process.execPath, ASKER, JSON.stringify(given)],
      onLine: (text) => {
        if (text === "ready") return ready.resolve();
        const line = JSON.parse(text) as Heard;
        heard.set(line.ip, line);
      },
    });
    void running.exited.then((code) =>
      ready.reject(new Error(`the asker ended with ${code}: ${running.lines.join()}`)),
    );
    await ready.promise;
    return { heard, running };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface Asking {
  readonly heard: ReadonlyMap<string, Heard>;
  readonly running: RackProcess;
}
