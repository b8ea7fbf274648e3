import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { podNetworks, podSlice } from "#lab/rack/host-addresses.ts";
import { clusterProgram } from "#lab/cluster/build-cluster.ts";
import type { Cluster } from "#lab/cluster/cluster.ts";
import { mustRun, runCommand } from "#lab/rack/run-command.ts";
import type { Host } from "#lab/rack/host.ts";
import { CONTAINERD_SOCKET, containerdConfig, kubeletConfig, masqueradeRules, networkConfig } from "./node-config.ts";
import { NodeMachine, type NodeMachineOptions } from "./node-machine.ts";
import type { NodePackages } from "./node-packages.ts";

const START_TIMEOUT_MS = 60_000;
const IMPORT_TIMEOUT_S = 120;

export interface RealNodeOptions extends NodeMachineOptions {
  readonly packages: NodePackages;
  /** Numbers of this node (from 1) and of all: its part of the pods' addresses follows from them. */
  readonly number: number;
  readonly nodes: number;
}

interface LinkName {
  readonly ifname: string;
}

/** What makes a node one of a cluster. */
export interface ClusterToJoin {
  readonly cluster: Cluster;
  /** The certificate of the authority by which a kubelet knows the API server. */
  readonly clientAuthority: string;
}

/** A node that runs containers, in containerd and runc; joined to a cluster it runs kubelet and kube-proxy too. */
export class RealNode {
  readonly #options: RealNodeOptions;
  #machine: NodeMachine | undefined;

  constructor(options: RealNodeOptions) {
    this.#options = options;
  }

  get host(): Host {
    return this.#options.host;
  }

  get name(): string {
    return this.#options.host.name;
  }

  /** The addresses of its pods, of both families. */
  get podRanges(): { readonly ipv4: string; readonly ipv6: string } {
    return podSlice(this.#options.number, this.#options.nodes);
  }

  /** The machine while it runs; throws when it is off. */
  get machine(): NodeMachine {
    if (this.#machine === undefined) throw new Error(`node ${this.name} is off`);
    return this.#machine;
  }

  /** Starts the machine and containerd on it, with the files that an earlier life left. */
  async start(): Promise<void> {
    const { directory, packages } = this.#options;
    this.#machine = await NodeMachine.start(this.#options);
    const networks = join(directory, "net.d");
    mkdirSync(networks, { recursive: true });
    writeFileSync(join(networks, "pods.conflist"), networkConfig(this.podRanges));
    const config = join(directory, "containerd.toml");
    writeFileSync(config, containerdConfig(packages, networks));
    const path = [...packages.programs, process.env["PATH"]].join(":");
    const command = ["env", `PATH=${path}`, "containerd", "--config", config];
    const containerd = await this.machine.spawn({ name: "containerd", command });
    await containerd.waitForLine(/containerd successfully booted/, START_TIMEOUT_MS);
  }

  /** Runs containerd's own client: `images import FILE`. Resolves with what it printed, rejects with what it said. */
  async ctr(args: readonly string[]): Promise<string> {
    const path = this.#options.packages.programs.join(":");
    const client = ["timeout", String(IMPORT_TIMEOUT_S), "ctr", `--address=${CONTAINERD_SOCKET}`, "--namespace=k8s.io"];
    const { code, stdout, stderr } = await this.machine.run(["env", `PATH=${path}:/usr/bin:/bin`, ...client, ...args]);
    if (code !== 0) throw new Error(`ctr ${args.join(" ")} on ${this.name}: ${stderr.trim() || `exit code ${code}`}`);
    return stdout;
  }

  /** Joins the cluster, which has its Node object: starts kubelet and kube-proxy; resolves when the rules of Services are there. */
  async join({ cluster, clientAuthority }: ClusterToJoin): Promise<void> {
    const { directory, host } = this.#options;
    const file = (name: string): string => join(directory, name);
    await mustRun(`masquerade on ${this.name}`, host.inside(["nft", "-f", "-"]), masqueradeRules(podNetworks));
    cluster.writeKubeconfig(file("kubelet.kubeconfig"), { token: cluster.tokenOf(`system:node:${this.name}`) });
    writeFileSync(file("kubelet.yaml"), kubeletConfig(clientAuthority));
    const flags = [
      `--config=${file("kubelet.yaml")}`,
      `--kubeconfig=${file("kubelet.kubeconfig")}`,
      `--hostname-override=${this.name}`,
      `--node-ip=${host.addresses.join(",")}`,
    ];
    await Promise.all([
      this.machine.spawn({ name: "kubelet", command: [clusterProgram("kubelet"), ...flags] }),
      cluster.startKubeProxy(this.machine),
    ]);
  }

  /** Everything on it is gone at once, also what the kernel did for it: links of pods, rules of Services. */
  async kill(): Promise<void> {
    const machine = this.#machine;
    this.#machine = undefined;
    if (machine === undefined) return;
    await machine.kill();
    const { host } = this;
    await mustRun(`forget the rules of ${this.name}`, host.inside(["nft", "flush", "ruleset"]));
    // The kernel removes them some time after the pods' namespaces; a new pod would get an old one's address before that.
    const links = JSON.parse(await mustRun("list links", ["ip", "-json", "-n", host.namespace, "link"])) as LinkName[];
    const removals = links.flatMap(({ ifname }) => (ifname.startsWith("veth") ? [`link del ${ifname}\n`] : []));
    await runCommand(["ip", "-force", "-n", host.namespace, "-batch", "-"], removals.join(""));
  }
}
