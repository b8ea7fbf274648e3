import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { clusterProgram } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import type { CommandResult } from "#lab/rack/run-command.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { makeKubeletClient } from "./certificates.ts";
import { ControlGroups } from "./control-groups.ts";
import type { NodePackages } from "./node-packages.ts";
import { writePauseImage } from "./pause-image.ts";
import { RealNode } from "./real-node.ts";

const READY_TIMEOUT_MS = 120_000;
/** A dead node is believed alive so long; by default 50 seconds. Kubelets report much oftener (node-config.ts). */
const NODE_GRACE = "--node-monitor-grace-period=20s";
const SCHEDULER = "system:kube-scheduler";

export interface RealClusterOptions {
  readonly nodes: number;
  /** Holds all that its parts write; not on an overlay file system. */
  readonly directory: string;
  readonly packages: NodePackages;
  /** Appended to the API server's command line. */
  readonly apiServerFlags?: readonly string[];
}

/**
 * A whole Kubernetes in a rack: the control plane on the router, and on every node a real kubelet, containerd and
 * kube-proxy. Needs to be root, and what `whyNoInstall` asks for.
 * @example await using cluster = await RealCluster.start({ nodes: 3, directory, packages });
 */
export class RealCluster implements AsyncDisposable {
  readonly rack: Rack;
  readonly directory: string;
  readonly nodes: readonly RealNode[];
  readonly #groups: ControlGroups;
  readonly #options: RealClusterOptions;
  #clientAuthority = "";
  #cluster: Cluster | undefined;

  private constructor(options: RealClusterOptions, rack: Rack, groups: ControlGroups) {
    const { directory, packages } = options;
    this.#options = options;
    this.rack = rack;
    this.directory = directory;
    this.#groups = groups;
    this.nodes = rack.nodes.map((host, at) => {
      const place = { number: at + 1, nodes: rack.nodes.length };
      return new RealNode({ host, directory: join(directory, host.name), groups, packages, ...place });
    });
  }

  /** Resolves when all nodes are Ready. */
  static async start(options: RealClusterOptions): Promise<RealCluster> {
    const rack = await Rack.build({ nodes: options.nodes });
    const groups = await ControlGroups.open();
    const started = new RealCluster(options, rack, groups);
    try {
      await started.#start();
      return started;
    } catch (error) {
      await started.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { directory } = this.#options;
    mkdirSync(directory, { recursive: true });
    const client = await makeKubeletClient(directory);
    this.#clientAuthority = client.authority;
    const users = [
      { name: SCHEDULER },
      ...this.nodes.map(({ name }) => ({ name: `system:node:${name}`, groups: ["system:nodes"] })),
    ];
    const flags = [
      `--kubelet-client-certificate=${client.certificate}`,
      `--kubelet-client-key=${client.key}`,
      "--kubelet-preferred-address-types=InternalIP",
      ...(this.#options.apiServerFlags ?? []),
    ];
    const control = {
      directory: join(directory, "control"),
      host: this.rack.router,
      controllerManager: true,
      controllerManagerFlags: [NODE_GRACE],
    };
    const pause = writePauseImage(directory);
    [this.#cluster] = await Promise.all([
      Cluster.start({ ...control, users, apiServerFlags: flags }),
      ...this.nodes.map(async (node) => {
        await node.start();
        await node.ctr(["images", "import", await pause]);
      }),
    ]);
    await Promise.all([this.#startScheduler(), ...this.nodes.map((node) => this.#join(node))]);
    await this.untilReady();
  }

  /** The control plane. */
  get control(): Cluster {
    if (this.#cluster === undefined) throw new Error("the control plane does not run");
    return this.#cluster;
  }

  /** A node by name: `n1`. Throws if there is none. */
  node(name: string): RealNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`no node "${name}" in this cluster`);
    return found;
  }

  async #startScheduler(): Promise<void> {
    const kubeconfig = join(this.directory, "scheduler.kubeconfig");
    this.control.writeKubeconfig(kubeconfig, { token: this.control.tokenOf(SCHEDULER) });
    const flags = [`--kubeconfig=${kubeconfig}`, "--leader-elect=false", "--secure-port=0"];
    const command = [clusterProgram("kube-scheduler"), ...flags];
    await this.rack.router.spawn({ name: "kube-scheduler", command, logFile: join(this.directory, "scheduler.log") });
  }

  /** The Node object comes first: with it, its pods' addresses are the rack's, for which the nodes have routes. */
  async #join(node: RealNode): Promise<void> {
    const { name, podRanges } = node;
    const spec = { podCIDR: podRanges.ipv4, podCIDRs: [podRanges.ipv4, podRanges.ipv6] };
    await this.control.api.must({ path: "/api/v1/nodes", body: { metadata: { name }, spec } });
    await node.join({ cluster: this.control, clientAuthority: this.#clientAuthority });
  }

  /** Starts a node again that was killed; resolves when its programs run, before it is Ready. */
  async restart(node: RealNode): Promise<void> {
    await node.start();
    await node.join({ cluster: this.control, clientAuthority: this.#clientAuthority });
  }

  /** Resolves when all nodes (default), or those named, are Ready. */
  async untilReady(names = this.nodes.map(({ name }) => name)): Promise<void> {
    const conditions = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}';
    let seen = "";
    await until(
      `nodes ${names.join(", ")} are Ready`,
      async () => {
        seen = await this.kubectl(["get", "nodes", "--output", `jsonpath=${conditions}`]);
        return names.every((name) => seen.split(" ").includes(`${name}=True`));
      },
      { timeoutMs: READY_TIMEOUT_MS, lastSeen: () => seen },
    );
  }

  /** Runs kubectl as admin, on the router; resolves with what it printed, rejects with what it said. */
  async kubectl(args: readonly string[], input = ""): Promise<string> {
    const { code, stdout, stderr } = await this.tryKubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr.trim() || `exit code ${code}`}`);
    return stdout;
  }

  /** As `kubectl`; a failure is an answer too. */
  tryKubectl(args: readonly string[], input = ""): Promise<CommandResult> {
    const { kubeconfigFile } = this.control;
    const options = [`--kubeconfig=${kubeconfigFile}`, `--cache-dir=${join(this.directory, "kubectl")}`];
    return this.rack.router.run([clusterProgram("kubectl"), ...options, ...args], input);
  }

  /** Puts an image (OCI archive) on every node. */
  async importImage(archive: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.ctr(["images", "import", archive])));
  }

  /** Ends everything and leaves no process, mount or control group; the directory stays. */
  async close(): Promise<void> {
    await this.#cluster?.stop();
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.rack.close();
    await this.#groups.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
