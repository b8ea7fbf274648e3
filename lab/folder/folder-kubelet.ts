import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { endpointSlices, rulesFor, type RunningPod } from "./endpoint-slices.ts";
import type { Host } from "#lab/rack/host.ts";
import { type ImageProgram, programOf } from "#lab/rack/image-program.ts";
import { leastLoaded } from "#lab/rack/least-loaded.ts";
import type { Pod } from "#lab/rack/pod.ts";
import type { Rack } from "#lab/rack/rack.ts";
import { readWorkloads, type Workload, type Workloads } from "./workloads.ts";

/** How often the folder and the assigned addresses are looked at. */
const LOOK_EVERY_MS = 100;
/** Sub-folders of ours: written here, not read. `.hawser` is the product's. */
const ENDPOINTS_FOLDER = "endpoints";
const NODES_FOLDER = "nodes";

export interface FolderKubeletOptions {
  readonly rack: Rack;
  /** The folder of manifests that Hawser reads too. */
  readonly folder: string;
  /** The external addresses of a Service (`namespace/name`) now; default: from the status that Hawser writes in the folder. */
  readonly assignedAddresses?: (serviceKey: string) => readonly string[];
  /** Nodes that run pods; default all. The others forward only. */
  readonly nodes?: readonly string[];
  /** Labels of Nodes, by name. */
  readonly nodeLabels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Pods of these images run a program of their own instead of the lab's server. */
  readonly programs?: readonly ImageProgram[];
}

interface KubeletPod extends RunningPod {
  readonly pod: Pod;
}

/**
 * Plays the cluster for a folder of manifests, without any of Kubernetes (lab/kubelet/ is for the real API): runs the Deployments as pods spread over the nodes, writes Nodes and
 * EndpointSlices beside them, and makes the nodes forward what LoadBalancer Services were assigned. It follows the
 * folder until closed. A pod that dies is replaced; a node that dies is believed alive until `markNodeDead`, as a
 * real cluster would for 40 seconds.
 */
export class FolderKubelet implements AsyncDisposable {
  readonly #rack: Rack;
  readonly #folder: string;
  readonly #assignedAddresses: (serviceKey: string) => readonly string[];
  readonly #options: FolderKubeletOptions;
  readonly #pods = new Map<string, KubeletPod>();
  readonly #deadNodes = new Set<string>();
  readonly #written = new Map<string, string>();
  #manifests: Workloads = { workloads: [], services: [], endpoints: [] };
  #seen = "";
  #rules = "[]";
  #turns: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;
  #problem: string | undefined;

  private constructor(options: FolderKubeletOptions) {
    this.#options = options;
    this.#rack = options.rack;
    this.#folder = options.folder;
    this.#assignedAddresses = options.assignedAddresses ?? ((key) => addressesInStatus(options.folder, key));
  }

  /** Starts; resolves when all pods of the folder serve and all files are written. The Nodes are written before it returns. */
  static async start(options: FolderKubeletOptions): Promise<FolderKubelet> {
    const kubelet = new FolderKubelet(options);
    kubelet.#writeNodes();
    await kubelet.sync();
    kubelet.#follow();
    return kubelet;
  }

  /** The pods that run, in the order started. */
  get pods(): readonly Pod[] {
    return [...this.#pods.values()].map(({ pod }) => pod);
  }

  /** Why the last look at the folder failed (a file that cannot be read, a full node); undefined if it did not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Brings everything in step with the folder now; calls go one after the other. Rejects if that fails. */
  sync(): Promise<void> {
    const done = this.#turns.then(() => (this.#isClosing ? undefined : this.#sync()));
    this.#turns = done.catch(() => {});
    return done;
  }

  /** The control plane finds the node dead: its endpoints become `ready: false`, and no node forwards to them. */
  markNodeDead(node: string): Promise<void> {
    this.#deadNodes.add(node);
    return this.sync();
  }

  /** The control plane finds the node well again. */
  markNodeAlive(node: string): Promise<void> {
    this.#deadNodes.delete(node);
    return this.sync();
  }

  /** Starts and replaces no pod from now on; those that run go on. */
  async stopFollowing(): Promise<void> {
    clearTimeout(this.#timer);
    this.#isClosing = true;
    await this.#turns;
  }

  /** Stops following and stops all pods; what was written stays. */
  async close(): Promise<void> {
    await this.stopFollowing();
    await Promise.all([...this.#pods.values()].map(({ pod }) => pod.stop()));
    this.#pods.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #follow(): void {
    this.#timer = setTimeout(() => {
      void this.sync()
        .then(
          () => (this.#problem = undefined),
          (error: Error) => (this.#problem = error.message),
        )
        .finally(() => {
          if (!this.#isClosing) this.#follow();
        });
    }, LOOK_EVERY_MS);
  }

  async #sync(): Promise<void> {
    this.#readManifests();
    await this.#bringPodsInStep();
    this.#writeFiles();
    await this.#forward();
  }

  #readManifests(): void {
    const files = manifestFiles(this.#folder);
    const seen = files.map((file) => `${file} ${stampOf(file)}`).join("\n");
    if (seen === this.#seen) return;
    this.#manifests = readWorkloads(files.map((file) => ({ file, text: readFileSync(file, "utf8") })));
    this.#seen = seen;
  }

  async #bringPodsInStep(): Promise<void> {
    const wanted = new Map(this.#manifests.workloads.flatMap(podsOf));
    const surplus = [...this.#pods].filter(([name, { pod }]) => {
      const diedAlone = pod.process.exitCode !== undefined && this.#rack.isOn(pod.node);
      return diedAlone || !wanted.has(name);
    });
    await Promise.all(surplus.map(([, { pod }]) => pod.stop()));
    for (const [name] of surplus) this.#pods.delete(name);
    for (const [name, kept] of this.#pods) {
      const workload = wanted.get(name) ?? kept.workload;
      this.#pods.set(name, { ...kept, workload, ready: !this.#deadNodes.has(kept.node) });
    }
    const missing = [...wanted].filter(([name]) => !this.#pods.has(name));
    const load = new Map(this.#usableNodes().map((node) => [node, this.#podsOn(node)]));
    const starts = missing.map(([name, workload]) => this.#start(name, workload, takeNode(load, workload)));
    // All that did start are kept, in the order of the manifests, before a failure is passed on.
    const failures: unknown[] = [];
    for (const outcome of await Promise.allSettled(starts)) {
      if (outcome.status === "fulfilled") this.#pods.set(outcome.value.name, outcome.value);
      else failures.push(outcome.reason);
    }
    if (failures.length > 0) throw failures[0];
  }

  #usableNodes(): string[] {
    return this.#rack.nodes
      .map((node) => node.name)
      .filter((node) => this.#rack.isOn(node) && !this.#deadNodes.has(node))
      .filter((node) => this.#options.nodes?.includes(node) ?? true);
  }

  #podsOn(node: string): number {
    return [...this.#pods.values()].filter((pod) => pod.node === node).length;
  }

  async #start(name: string, workload: Workload, node: string): Promise<KubeletPod> {
    const { image, ports } = workload;
    const program = programOf({ name, image, ports, otherPorts: this.#portsAsked(workload) }, this.#options.programs);
    const pod = await this.#rack.startPod({ name, node, program });
    const [ipv4 = "", ipv6 = ""] = pod.addresses;
    const { namespace } = workload;
    return { name, namespace, uid: randomUUID(), node, ipv4, ipv6, ready: true, workload, pod };
  }

  /** Ports that Services with a fitting selector send to. */
  #portsAsked(workload: Workload): number[] {
    const asking = this.#manifests.services.filter(
      ({ namespace, selector }) =>
        namespace === workload.namespace &&
        selector !== undefined &&
        Object.entries(selector).every(([label, value]) => workload.labels[label] === value),
    );
    const asked = asking.flatMap(({ ports }) => ports.map(({ targetPort }) => targetPort));
    return asked.filter((port) => typeof port === "number");
  }

  #writeFiles(): void {
    const pods = [...this.#pods.values()];
    const endpoints = this.#manifests.services
      .filter(({ selector }) => selector !== undefined)
      .map((service) => [`${service.namespace}.${service.name}.yaml`, endpointSlices(service, pods)] as const);
    this.#writeNodes();
    this.#write(ENDPOINTS_FOLDER, new Map(endpoints));
  }

  #writeNodes(): void {
    const nodes = this.#rack.nodes.map((node) => [`${node.name}.yaml`, this.#nodeManifest(node)] as const);
    this.#write(NODES_FOLDER, new Map(nodes));
  }

  /** Writes what is to be in a folder, text by name, where it differs; removes all else there. */
  #write(folder: string, wanted: ReadonlyMap<string, string>): void {
    for (const [name, text] of wanted) {
      const file = `${folder}/${name}`;
      if (this.#written.get(file) !== text) writeWhole(join(this.#folder, file), text);
      this.#written.set(file, text);
    }
    const isWanted = (name: string): boolean => wanted.has(name);
    for (const name of namesIn(join(this.#folder, folder)))
      if (!isWanted(name)) rmSync(join(this.#folder, folder, name));
    for (const file of this.#written.keys())
      if (dirname(file) === folder && !isWanted(basename(file))) this.#written.delete(file);
  }

  #nodeManifest({ name, addresses }: Host): string {
    const labels = this.#options.nodeLabels?.[name] ?? {};
    return stringify({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels },
      status: { addresses: addresses.map((address) => ({ type: "InternalIP", address })) },
    });
  }

  async #forward(): Promise<void> {
    const from = { pods: [...this.#pods.values()], endpoints: this.#manifests.endpoints };
    const rules = this.#manifests.services
      .filter((service) => service.isLoadBalancer)
      .map((service) => rulesFor(service, this.#assignedAddresses(service.key), from))
      .filter(({ addresses }) => addresses.length > 0);
    const text = JSON.stringify(rules);
    if (text === this.#rules) return;
    await this.#rack.applyServiceRules(rules);
    this.#rules = text;
  }
}

/** The names of a Deployment's pods: web-1, web-2; outside the namespace default with that in front. */
function podsOf(workload: Workload): [string, Workload][] {
  const stem = workload.namespace === "default" ? workload.name : `${workload.namespace}-${workload.name}`;
  return Array.from({ length: workload.replicas }, (_, index) => [`${stem}-${index + 1}`, workload]);
}

/** The node that the workload asks for, else the idlest one. */
function takeNode(load: Map<string, number>, { node }: Workload): string {
  const candidates = [...load.keys()].filter((name) => node === undefined || name === node);
  const idlest = leastLoaded(candidates, (name) => load.get(name) ?? 0);
  if (idlest === undefined) throw new Error("no node is left to run a pod on");
  load.set(idlest, (load.get(idlest) ?? 0) + 1);
  return idlest;
}

function manifestFiles(folder: string): string[] {
  const own = [".hawser", ENDPOINTS_FOLDER, NODES_FOLDER];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name) && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !own.includes(relative(folder, file).split("/")[0] ?? ""))
    .sort();
}

function stampOf(file: string): string {
  const { mtimeMs, size, ino } = statSync(file);
  return `${mtimeMs} ${size} ${ino}`;
}

/** A reader never sees half a file: it gets its name only when it is whole. */
function writeWhole(file: string, text: string): void {
  mkdirSync(join(file, ".."), { recursive: true });
  const unfinished = `${file}.tmp`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** `status.loadBalancer.ingress[].ip` of the file that the controller writes; none while it has written none. */
function addressesInStatus(folder: string, serviceKey: string): string[] {
  let text: string;
  try {
    text = readFileSync(join(folder, ".hawser", "status", "Service", `${serviceKey}.yaml`), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const object = parse(text) as { status?: { loadBalancer?: { ingress?: { ip?: string }[] } } } | null;
  return (object?.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
}
