import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import {
  client,
  controlPlane,
  MOST_NODES,
  nodeAddresses,
  outside,
  podAddresses,
  podsPerNode,
  type RackHostAddresses,
  router,
} from "./host-addresses.ts";
import { mustRun, runCommand } from "./run-command.ts";
import type { EffectTimes } from "./command-pipe.ts";
import { Faults, switchTable } from "./faults.ts";
import { Host } from "./host.ts";
import { labServer } from "./image-program.ts";
import { killProcessesIn } from "./processes-in.ts";
import { Pod, type PodOptions } from "./pod.ts";
import { type ServiceForRules, serviceRules } from "./service-rules.ts";
import { type HostSetup, natProbe, podLink, podSetups, type Wiring, wiringOf } from "./wiring.ts";

/** The process that has a rack up, then the namespaces of that rack: who comes after a crash removes them. */
const RECORD_FILE = "/run/hawser-rack";
const POD_NAME_LIMIT = 60;

export interface RackOptions {
  /** 1 to 128: n1, n2, ... */
  readonly nodes: number;
  /** The switch forwards multicast only to ports that joined (MLD snooping, with a querier). Default off: it floods. */
  readonly multicastSnooping?: boolean;
  /** Adds the host `control` to the LAN, for a cluster's API server. Default false. */
  readonly controlPlane?: boolean;
}

interface PodSlot {
  readonly host: Host;
  readonly node: string;
  readonly index: number;
  /** Pending from its removal on. */
  removed?: Promise<void>;
}

/**
 * A rack of machines in network namespaces: `client`, `router` and n1..nN at one switch, `remote` behind the router,
 * and pods behind nodes. Only one at a time in one wrapper (lab/rack/wrapper.js), and only inside it.
 * @example await using rack = await Rack.build({ nodes: 3 });
 */
export class Rack implements AsyncDisposable {
  readonly client: Host;
  readonly router: Host;
  /** The host outside the LAN, which reaches it through the router. */
  readonly remote: Host;
  /** n1, n2, ... in order; a powered-off node stays in the list. */
  readonly nodes: readonly Host[];
  /** How long the building took. */
  readonly buildMs: number;
  readonly #controlPlane: Host | undefined;
  readonly #faults: Faults;
  readonly #pods = new Map<string, PodSlot>();
  readonly #off = new Set<string>();
  #closed: Promise<void> | undefined;

  private constructor(nodes: readonly Host[], hasControlPlane: boolean, buildMs: number) {
    this.client = new Host("client", "client", client);
    this.router = new Host("router", "router", router);
    this.remote = new Host("remote", "remote", outside.remote);
    this.#controlPlane = hasControlPlane ? new Host("control", "control", controlPlane) : undefined;
    this.nodes = nodes;
    this.buildMs = buildMs;
    this.#faults = new Faults((command) => ["nsenter", "--net=/run/netns/sw", "--", ...command]);
  }

  /**
   * Builds a rack, after removing what a crashed one left behind. Rejects with an Error that says what is missing:
   * the wrapper, namespaces, the bridge, nftables (bridge filter, NAT) or packet sockets.
   */
  static async build(options: RackOptions): Promise<Rack> {
    if (!Number.isInteger(options.nodes) || options.nodes < 1 || options.nodes > MOST_NODES) {
      throw new RangeError(`a rack has 1 to ${MOST_NODES} nodes, not ${options.nodes}`);
    }
    const startMs = performance.now();
    await removeLeftover();
    const { nodes: count, multicastSnooping = false, controlPlane: hasControlPlane = false } = options;
    const wiring = wiringOf({ nodes: count, multicastSnooping, controlPlane: hasControlPlane });
    recordNamespaces([String(process.pid), ...wiring.namespaces]);
    try {
      await wire(wiring);
    } catch (error) {
      await removeNamespaces(wiring.namespaces);
      throw error;
    }
    const nodes = Array.from({ length: count }, (_, index) => nodeHost(index + 1));
    return new Rack(nodes, hasControlPlane, performance.now() - startMs);
  }

  /** The host of the API server. Throws if the rack was built without one. */
  get controlPlane(): Host {
    if (this.#controlPlane === undefined) throw new Error("the rack was built without a control plane");
    return this.#controlPlane;
  }

  /** All hosts other than pods. */
  get #machines(): readonly Host[] {
    const machines = [this.client, this.router, this.remote, ...this.nodes];
    return this.#controlPlane === undefined ? machines : [...machines, this.#controlPlane];
  }

  /** A host by name: `client`, `router`, `remote`, `control`, `n1`, ..., or a pod's name. Throws if there is none. */
  host(name: string): Host {
    const fixed = this.#machines.find((host) => host.name === name);
    const found = fixed ?? this.#pods.get(name)?.host;
    if (found === undefined) throw new Error(`no host "${name}" in this rack`);
    return found;
  }

  /** False once the node was powered off. */
  isOn(node: string): boolean {
    return !this.#off.has(node);
  }

  /** Adds an empty pod behind a node: a namespace with addresses and routes, in which anything can be spawned. */
  async addPodHost(pod: { readonly name: string; readonly node: string }): Promise<Host> {
    const slot = this.#reservePod(pod);
    const place = { nodeNumber: this.#numberOf(pod.node), nodes: this.nodes.length };
    const link = { namespace: slot.host.namespace, node: pod.node, index: slot.index };
    recordNamespaces([link.namespace]);
    try {
      const create = `netns add ${link.namespace}\n${podLink(link, place)}\n`;
      await mustRun(`add pod ${pod.name}`, ["ip", "-batch", "-"], create);
      await Promise.all(podSetups(link, place).map(setUpHost));
    } catch (error) {
      await this.removePodHost(pod.name);
      throw error;
    }
    return slot.host;
  }

  #reservePod({ name, node }: { readonly name: string; readonly node: string }): PodSlot {
    const nodeNumber = this.#numberOf(node);
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(name) || name.length > POD_NAME_LIMIT) {
      throw new Error(`"${name}" is not a name for a pod: lower-case letters, digits, dots, dashes, at most 60`);
    }
    if (this.#pods.has(name)) throw new Error(`there is already a pod "${name}"`);
    if (!this.isOn(node)) throw new Error(`node ${node} is off`);
    const taken = new Set([...this.#pods.values()].filter((slot) => slot.node === node).map((slot) => slot.index));
    const room = podsPerNode(this.nodes.length);
    const index = Array.from({ length: room }, (_, at) => at + 1).find((at) => !taken.has(at));
    if (index === undefined) throw new Error(`node ${node} is full: it has ${room} pods`);
    const host = new Host(name, `pod-${name}`, podAddresses(nodeNumber, index, this.nodes.length));
    const slot: PodSlot = { host, node, index };
    this.#pods.set(name, slot);
    return slot;
  }

  #numberOf(node: string): number {
    const index = this.nodes.findIndex((host) => host.name === node);
    if (index === -1) throw new Error(`no node "${node}" in this rack`);
    return index + 1;
  }

  /** Removes a pod's namespace with everything running in it. May be called again, also before the first call has resolved. */
  async removePodHost(name: string): Promise<void> {
    const slot = this.#pods.get(name);
    if (slot !== undefined) await (slot.removed ??= this.#removePod(name, slot));
  }

  async #removePod(name: string, slot: PodSlot): Promise<void> {
    // With its link go the node's routes to it; without node or link there is nothing to remove.
    await runCommand(["ip", "-n", slot.node, "link", "del", `pod-${slot.index}`]);
    await removeNamespaces([slot.host.namespace]);
    this.#pods.delete(name);
  }

  /** Starts a pod and resolves when it serves. */
  async startPod(options: PodOptions): Promise<Pod> {
    const { name, node } = options;
    const host = await this.addPodHost({ name, node });
    const program = options.program ?? labServer(options);
    const server = await host.spawn({ name: "server", ...program }).catch(async (error: unknown) => {
      await this.removePodHost(name);
      throw error;
    });
    return new Pod({ name, node, host, process: server, remove: () => this.removePodHost(name) });
  }

  /**
   * Makes all nodes that are on forward to these services as kube-proxy would, each node in one transaction; what was
   * applied before is replaced, an empty list removes all.
   */
  async applyServiceRules(services: readonly ServiceForRules[]): Promise<void> {
    await Promise.all(
      this.nodes
        .filter((node) => this.isOn(node.name))
        .map((node) =>
          mustRun(`service rules on ${node.name}`, node.inside(["nft", "-f", "-"]), serviceRules(services, node.name)),
        ),
    );
  }

  /** The cable is pulled at the switch: the host's carrier goes. */
  cutCable(host: Host): Promise<EffectTimes> {
    return this.#faults.cutCable(host);
  }

  /** The switch drops all frames from and to the host; its carrier stays up, it sees nothing but silence. */
  cutSilent(host: Host): Promise<EffectTimes> {
    return this.#faults.cutSilent(host);
  }

  /** Undoes cutCable, cutSilent and loss of one host; partitions stay. */
  restore(host: Host): Promise<EffectTimes> {
    return this.#faults.restore(host);
  }

  /** No host of one group hears one of the other; all others reach both. */
  partition(left: readonly Host[], right: readonly Host[]): Promise<EffectTimes> {
    return this.#faults.partition(left, right);
  }

  /** What `from` sends does not arrive at `to`; the other direction works. */
  oneWay(from: Host, to: Host): Promise<EffectTimes> {
    return this.#faults.oneWay(from, to);
  }

  /** Drops this whole percentage of the frames towards the host, by chance; 0 ends it. */
  loss(host: Host, percent: number): Promise<EffectTimes> {
    return this.#faults.loss(host, percent);
  }

  /** Undoes every fault made at the switch; a node that was powered off stays off. */
  heal(): Promise<EffectTimes> {
    return this.#faults.heal();
  }

  /** Cuts the power of a node for good: its port goes first (nothing is said on the wire), then it with its pods. */
  async powerOff(node: Host): Promise<EffectTimes> {
    this.#numberOf(node.name);
    const times = await this.#faults.unplug(node);
    this.#off.add(node.name);
    const pods = [...this.#pods.values()].filter((slot) => slot.node === node.name);
    await removeNamespaces([node.namespace, ...pods.map((slot) => slot.host.namespace)]);
    for (const slot of pods) this.#pods.delete(slot.host.name);
    return times;
  }

  /**
   * The command line with which a person runs a command (by default a shell) in a host's namespace, from a terminal
   * outside, while the rack is up.
   * Throws if the wrapper did not say how to enter it (environment variable HAWSER_RACK_ENTER).
   */
  enterCommand(host: Host, command: readonly string[] = ["bash"]): string {
    const prefix = process.env["HAWSER_RACK_ENTER"];
    if (prefix === undefined) throw new Error("the wrapper did not set HAWSER_RACK_ENTER");
    return [prefix, ...host.inside(command)].join(" ");
  }

  /** Kills all that runs in the rack and removes it. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#faults.close();
    const hosts = [...this.#machines, ...[...this.#pods.values()].map(({ host }) => host)];
    const ended = hosts.flatMap((host) => [...host.processes].map((running) => running.exited));
    await removeNamespaces(["sw", ...hosts.map((host) => host.namespace)]);
    await Promise.all(ended);
    rmSync(RECORD_FILE, { force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function nodeHost(number: number): Host {
  return new Host(`n${number}`, `n${number}`, nodeAddresses(number) satisfies RackHostAddresses);
}

async function wire(wiring: Wiring): Promise<void> {
  const create = [...wiring.namespaces.map((name) => `netns add ${name}`), ...wiring.links].join("\n");
  await mustRun("cannot build a rack: namespaces and veth links", ["ip", "-batch", "-"], `${create}\n`);
  const inSwitch = ["nsenter", "--net=/run/netns/sw", "--", "nft", "-f", "-"];
  const inNode = ["nsenter", "--net=/run/netns/n1", "--", "nft", "-f", "-"];
  await Promise.all([
    ...wiring.setups.map(setUpHost),
    mustRun("cannot build a rack: nftables filter of family bridge", inSwitch, switchTable),
    mustRun("cannot build a rack: nftables NAT", inNode, natProbe),
  ]);
  if (!existsSync("/proc/net/packet")) throw new Error("cannot build a rack: packet sockets (kernel CONFIG_PACKET)");
}

/** One visit to a namespace: writes its sysctls, then becomes `ip -batch`. */
async function setUpHost({ namespace, sysctls, batch }: HostSetup): Promise<void> {
  const script = 'set -e; for s in "$@"; do echo "${s#*=}" > "/proc/sys/${s%%=*}"; done; exec ip -batch -';
  const command = ["nsenter", `--net=/run/netns/${namespace}`, "--", "sh", "-c", script, "sh", ...sysctls];
  const what = namespace === "sw" ? "bridge and its ports" : `addresses and routes of ${namespace}`;
  await mustRun(`cannot build a rack: ${what}`, command, `${batch.join("\n")}\n`);
}

function recordNamespaces(lines: readonly string[]): void {
  appendFileSync(RECORD_FILE, `${lines.join("\n")}\n`);
}

/** Removes a rack whose process is gone; throws if it is not gone, or if we are not in the wrapper at all. */
async function removeLeftover(): Promise<void> {
  if (process.env["HAWSER_RACK"] !== "1") {
    throw new Error("cannot build a rack: not inside the namespaces of lab/rack/wrapper.js (HAWSER_RACK is not 1)");
  }
  if (!existsSync(RECORD_FILE)) return;
  const [owner, ...namespaces] = readFileSync(RECORD_FILE, "utf8").trim().split("\n");
  if (owner !== undefined && existsSync(`/proc/${owner}`)) {
    throw new Error(`cannot build a rack: process ${owner} has one up in this wrapper`);
  }
  await removeNamespaces(namespaces);
  rmSync(RECORD_FILE, { force: true });
}

/** Kills what runs inside (else a namespace and its forwarding would live on) and deletes the names. */
async function removeNamespaces(namespaces: readonly string[]): Promise<void> {
  const there = namespaces.filter((name) => existsSync(`/run/netns/${name}`));
  if (there.length === 0) return;
  await killProcessesIn(there);
  await mustRun("remove namespaces", ["ip", "-batch", "-"], there.map((name) => `netns del ${name}\n`).join(""));
}
