import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Cluster } from "#lab/cluster/cluster.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { type AuditEvent, auditOf, readAudit } from "#lab/install/audit.ts";
import { Kubelets } from "#lab/kubelet/kubelets.ts";
import type { Host } from "#lab/rack/host.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { CommandResult } from "#lab/rack/run-command.ts";
import { until } from "#lab/rack/until.ts";
import { announcedAddresses } from "#src/model/print-addresses.ts";
import { grantRights } from "./grant-rights.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const ASKER = fileURLToPath(new URL("../support/arp-asker.ts", import.meta.url));
const SYSTEM = "hawser-system";
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM}/leases`;
const SERVICES = "/api/v1/namespaces/default/services";
const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
/** A machine may be busy with many suites at once, and start programs slowly. */
const START_MS = 120_000;
/** On such a machine a speaker may not run for 100 ms, and would be taken for dead by those that do. */
const UNHURRIED = ["--dead-after", "1000"];

type Fields = Readonly<Record<string, unknown>>;

interface Lease {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly Fields[];
  };
}

/** One request of the client and the MACs that answered it. */
export interface Asked {
  readonly sentNs: bigint;
  readonly macs: readonly string[];
}

/** A rack of three nodes with a real API server on the router, and speakers that read from it. A controller only where it is started. */
export class SpeakerWorld {
  readonly rack: Rack;
  readonly cluster: Cluster;
  readonly directory: string;
  readonly keyFile: string;
  readonly speakers = new Map<string, RackProcess>();
  readonly #auditFile: string;
  controller: RackProcess | undefined;
  #kubeconfigs: Readonly<Record<"controller" | "speaker", string>>;

  #kubelets: Kubelets | undefined;

  private constructor(rack: Rack, cluster: Cluster, auditFile: string) {
    this.rack = rack;
    this.cluster = cluster;
    this.directory = dirname(auditFile);
    this.#auditFile = auditFile;
    this.#kubeconfigs = { controller: cluster.kubeconfigFile, speaker: cluster.kubeconfigFile };
    this.keyFile = join(this.directory, "heartbeat.key");
    writeFileSync(this.keyFile, "the first key of all speakers\n");
  }

  static async start(): Promise<SpeakerWorld> {
    const directory = mkdtempSync(join(tmpdir(), "hawser-speaker-"));
    const { file, flags: apiServerFlags } = auditOf(SYSTEM, directory);
    const rack = await Rack.build({ nodes: 3 });
    const options = { directory: join(directory, "cluster"), host: rack.router, apiServerFlags };
    const world = new SpeakerWorld(rack, await Cluster.start(options), file);
    const { cluster } = world;
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: SYSTEM } } });
    for (const node of rack.nodes) await world.addNode(node);
    return world;
  }

  /** A rack of two nodes with kubelets and kube-proxy in mode iptables, and speakers that read from the API server. */
  static async startWithKubeProxy(): Promise<SpeakerWorld> {
    const directory = mkdtempSync(join(tmpdir(), "hawser-speaker-"));
    const { file, flags: apiServerFlags } = auditOf(SYSTEM, directory);
    const rack = await Rack.build({ nodes: 2, controlPlane: true });
    const apiServer = { host: rack.controlPlane, apiServerFlags };
    const options = { directory: join(directory, "cluster"), ...apiServer, controllerManager: true };
    const world = new SpeakerWorld(rack, await Cluster.start(options), file);
    const { cluster } = world;
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: SYSTEM } } });
    world.#kubelets = await Kubelets.start({ cluster, rack, proxyMode: "iptables" });
    return world;
  }

  /** The controller, where one was started, and the speakers. */
  get programs(): readonly RackProcess[] {
    return [...(this.controller === undefined ? [] : [this.controller]), ...this.speakers.values()];
  }

  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.kill()));
    await this.#kubelets?.close();
    await this.cluster.stop();
    await this.rack.close();
    rmSync(this.directory, { recursive: true });
  }

  async addNode({ name, ipv4 }: Host): Promise<void> {
    await this.cluster.api.must({ path: "/api/v1/nodes", body: { metadata: { name } } });
    await this.nodeStatus(name, { addresses: [{ type: "InternalIP", address: ipv4 }] });
    await this.nodeConditions(name, {});
  }

  async nodeStatus(name: string, status: Fields): Promise<void> {
    await this.patch(`/api/v1/nodes/${name}/status`, { status });
  }

  /** As kubectl cordon, and uncordon, do. */
  async cordon(name: string, unschedulable: boolean): Promise<void> {
    await this.patch(`/api/v1/nodes/${name}`, { spec: { unschedulable } });
  }

  /** Runs `hawser COMMAND ...` as a person; returns its exit code. */
  async hawser(...args: readonly string[]): Promise<number> {
    return (await this.hawserSays(...args)).code;
  }

  /** Runs `hawser COMMAND ...` as a person. */
  async hawserSays(...args: readonly string[]): Promise<CommandResult> {
    return this.rack.router.run([process.execPath, CLI, ...args, "--kubeconfig", this.cluster.kubeconfigFile]);
  }

  /** Ready and with network, unless said otherwise. */
  async nodeConditions(name: string, conditions: Readonly<Record<string, string>>): Promise<void> {
    const all = { Ready: "True", NetworkUnavailable: "False", ...conditions };
    await this.nodeStatus(name, {
      conditions: Object.entries(all).map(([type, status]) => ({ type, status })),
    });
  }

  async label(node: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    await this.patch(`/api/v1/nodes/${node}`, { metadata: { labels } });
  }

  /** A Service with these addresses in its status, as a controller would write it. */
  async addService(name: string, ips: string | readonly string[], spec: Fields = {}): Promise<void> {
    const annotations = { "hawser.dev/ip-allocated-from-pool": "edge" };
    const body = { metadata: { name, annotations }, spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...spec } };
    await this.cluster.api.must({ path: SERVICES, body });
    const ingress = [ips].flat().map((ip) => ({ ip }));
    await this.patch(`${SERVICES}/${name}/status`, { status: { loadBalancer: { ingress } } });
  }

  async removeService(name: string): Promise<void> {
    await this.cluster.api.request({ method: "DELETE", path: `${SERVICES}/${name}` });
    await this.cluster.api.request({ method: "DELETE", path: `${SLICES}/${name}` });
  }

  /** Says where the endpoints of a Service are, and in which condition. */
  async setEndpoints(service: string, byNode: Readonly<Record<string, Fields>>): Promise<void> {
    const endpoints = Object.entries(byNode).map(([nodeName, conditions], index) => {
      return { addresses: [`10.244.0.${index + 1}`], nodeName, conditions };
    });
    const metadata = { name: service, labels: { "kubernetes.io/service-name": service } };
    const body = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata,
      addressType: "IPv4",
      endpoints,
      ports: [],
    };
    await this.cluster.api.must({
      method: "PATCH",
      path: `${SLICES}/${service}?fieldManager=test&force=true`,
      contentType: "application/apply-patch+yaml",
      body,
    });
  }

  async configure(config: string): Promise<void> {
    const path = `/api/v1/namespaces/${SYSTEM}/configmaps`;
    const body = { metadata: { name: "hawser" }, data: { config } };
    const made = await this.cluster.api.request({ path, body });
    if (made.status === 409) await this.patch(`${path}/hawser`, { data: body.data });
  }

  patch(path: string, body: Fields): Promise<unknown> {
    const contentType = "application/merge-patch+json";
    return this.cluster.api.must({ method: "PATCH", path, contentType, body });
  }

  /** From now on programs start with the rights that config/ gives them, and no others. */
  async grantRights(): Promise<void> {
    this.#kubeconfigs = await grantRights(this.cluster, this.directory, ["controller", "speaker"]);
  }

  /** What the API server noted of programs that have rights of their own. */
  audit(): readonly AuditEvent[] {
    return readAudit(this.#auditFile);
  }

  /** Starts the controller beside the API server; resolves when it is ready. */
  async startController(...more: readonly string[]): Promise<RackProcess> {
    const host = this.#kubelets === undefined ? this.rack.router : this.rack.controlPlane;
    const command = [process.execPath, CLI, "controller", "--kubeconfig", this.#kubeconfigs.controller, ...more];
    const controller = await host.spawn({ name: "controller", command });
    this.controller = controller;
    await controller.waitForLine(/"msg":"ready"/, START_MS);
    return controller;
  }

  /** Starts the speaker of a node; resolves when the process is there. */
  async spawnSpeaker(node: string, ...more: readonly string[]): Promise<RackProcess> {
    const files = ["--kubeconfig", this.#kubeconfigs.speaker, "--heartbeat-key-file", this.keyFile];
    const command = [process.execPath, CLI, "speaker", "--node", node, ...files, ...UNHURRIED, ...more];
    const speaker = await this.rack.host(node).spawn({ name: "speaker", command });
    this.speakers.set(node, speaker);
    return speaker;
  }

  /** Starts the speakers of nodes; resolves when they all stand for election and hear each other. */
  async startSpeakers(nodes: readonly string[], ...more: readonly string[]): Promise<void> {
    const started = await Promise.all(nodes.map((node) => this.spawnSpeaker(node, ...more)));
    await Promise.all(started.map((speaker) => speaker.waitForLine(/"msg":"ready"/)));
    await this.untilMembers(nodes, this.speakers.size);
  }

  /** Resolves when these speakers say on /metrics that they hear so many, themselves included. */
  async untilMembers(nodes: readonly string[], count: number): Promise<void> {
    for (const node of nodes) {
      const seen = `${node} hears ${count} speakers`;
      await until(seen, async () => (await this.metric(node, "hawser_speaker_members")) === count);
    }
  }

  /** A value of a speaker's /metrics; undefined where it is not there. */
  async metric(node: string, name: string): Promise<number | undefined> {
    const metrics = await readMetrics(this.rack.host(node));
    const line = metrics.split("\n").find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  }

  /** By name; asked again where the API server is restarting. */
  async leases(): Promise<ReadonlyMap<string, Lease>> {
    const get = async () => this.cluster.api.must<{ items: readonly Lease[] }>({ path: LEASES });
    const { items } = await until("the API server lists Leases", get);
    return new Map(items.map((lease) => [lease.metadata.name, lease]));
  }

  /** What a Lease's annotation `hawser.dev/TOPIC` says. */
  async said(name: string, topic: "report" | "member" | "capture"): Promise<Fields | undefined> {
    const text = (await this.leases()).get(name)?.metadata.annotations?.[`hawser.dev/${topic}`];
    return text === undefined ? undefined : (JSON.parse(text) as Fields);
  }

  async reported(node: string): Promise<ReadonlySet<string>> {
    return announcedAddresses((await this.said(`speaker-${node}`, "report")) ?? {});
  }

  /** Starts asking for an address from the client; the list grows. */
  async ask(ip: string, everyMs = 20): Promise<{ asked: readonly Asked[]; stop: () => Promise<unknown> }> {
    const { client } = this.rack;
    const asked: Asked[] = [];
    const asker = await client.spawn({
      name: "arp-asker",
      command: [process.execPath, ASKER, "eth0", client.ipv4, ip, String(everyMs)],
      onLine(line) {
        const [sentNs = "0", macs = ""] = line.split(" ");
        asked.push({ sentNs: BigInt(sentNs), macs: macs === "" ? [] : macs.split(",") });
      },
    });
    return { asked, stop: () => asker.kill() };
  }

  /** Resolves once the last `count` requests for an address were answered by this node alone; undefined: by nobody. */
  async untilAnswers(ip: string, node: string | undefined, count = 5): Promise<void> {
    const { asked, stop } = await this.ask(ip);
    const wanted = node === undefined ? "" : this.rack.host(node).mac;
    const isSo = (): boolean =>
      asked.length >= count && asked.slice(-count).every(({ macs }) => macs.join() === wanted);
    const lastSeen = (): unknown => asked.slice(-count).map(({ macs }) => macs);
    try {
      await until(`${node ?? "nobody"} answers for ${ip}`, isSo, { lastSeen });
    } finally {
      await stop();
    }
  }

  /** The node that alone answers for an address, of those whose speakers run. */
  async untilOneAnswers(ip: string, count = 5): Promise<string> {
    const { asked, stop } = await this.ask(ip);
    const lastSeen = (): unknown => asked.slice(-count).map(({ macs }) => macs);
    const owner = (): string | undefined => {
      const last = asked.slice(-count);
      const [mac = ""] = last[0]?.macs ?? [];
      const isOne = last.length === count && mac !== "" && last.every(({ macs }) => macs.join() === mac);
      return isOne ? this.rack.nodes.find((node) => node.mac === mac)?.name : undefined;
    };
    try {
      return await until(`one node answers for ${ip}`, owner, { lastSeen });
    } finally {
      await stop();
    }
  }
}
