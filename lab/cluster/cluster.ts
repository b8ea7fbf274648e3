import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ClusterProgram, clusterProgram } from "./build-cluster.ts";
import { ClusterApi } from "./cluster-api.ts";
import {
  type ClusterUser,
  CONTROLLER_MANAGER,
  KUBE_PROXY,
  kubeconfigText,
  writeCredentials,
} from "./write-credentials.ts";
import {
  API_PORT,
  apiServerFlags,
  clusterFiles,
  controllerManagerFlags,
  etcdFlags,
  kubeProxyFlags,
} from "./cluster-files.ts";
import type { RelayEnd } from "./open-relay.ts";
import type { Host } from "#lab/rack/host.ts";
import { RackProcess, type SpawnOptions } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";

/** From nothing to ready takes 3 to 4 seconds on two idle cores. */
const READY_TIMEOUT_MS = 60_000;
const LOOPBACK = "127.0.0.1";
const RELAY = fileURLToPath(new URL("open-relay.ts", import.meta.url));
/** What kube-proxy says when the rules of both families are there; IPv6 comes last. */
const RULES_COMPLETE = /SyncProxyRules complete.*IPv6/;
/** Lines of a part's output that an error repeats. */
const LAST_LINES = 10;

/** A program of the control plane. */
export type ClusterPart = Extract<ClusterProgram, "etcd" | "kube-apiserver" | "kube-controller-manager">;

export interface ClusterOptions {
  /** Holds all of its state, keys and logs; one that a stopped cluster left is continued. */
  readonly directory: string;
  /** The host of a rack that it runs on; default the wrapper's own loopback, where this process reaches `url` itself. */
  readonly host?: Host;
  /** Also runs the controller-manager: EndpointSlices, ServiceAccounts, garbage collection. Default false. */
  readonly controllerManager?: boolean;
  /** Users with tokens of their own (`tokenOf`), beside the admin. */
  readonly users?: readonly ClusterUser[];
  /** Appended to the API server's command line; a later flag wins. */
  readonly apiServerFlags?: readonly string[];
  /** More flags of the controller-manager, such as: `--node-monitor-grace-period=10s`. */
  readonly controllerManagerFlags?: readonly string[];
}

/**
 * The real control plane of Kubernetes: etcd, kube-apiserver with RBAC, and kube-controller-manager where wanted. One
 * at a time on a host. `buildCluster` must have been run before, outside of the wrapper.
 * @example await using cluster = await Cluster.start({ directory: mkdtempSync("/run/cluster-") });
 */
export class Cluster implements AsyncDisposable {
  /** Where its own host, and in a rack every host of the LAN, finds the API server. */
  readonly url: string;
  /** The certificates that a client must trust. */
  readonly caFile: string;
  /** A kubeconfig of the admin, for `url`. */
  readonly kubeconfigFile: string;
  /** The lab's client, as admin; it works from this process also where the cluster runs on a host of a rack. */
  readonly api: ClusterApi;
  readonly #options: ClusterOptions;
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #parts = new Map<string, RackProcess>();

  private constructor(options: ClusterOptions) {
    const { directory, host, users = [] } = options;
    const files = clusterFiles(directory);
    this.#options = options;
    this.#tokens = writeCredentials(directory, users);
    this.url = `https://${host?.ipv4 ?? LOOPBACK}:${API_PORT}`;
    this.caFile = files.ca;
    this.kubeconfigFile = files.kubeconfig;
    this.api = new ClusterApi({ end: this.end, caFile: this.caFile, token: this.adminToken });
  }

  /** Starts all parts; resolves when the API server is ready. Rejects with the last words of the part that failed. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    // The relay and the API server wait for what they need, so all start at once.
    await Promise.all([this.#startRelay(), this.#startPart("etcd"), this.#startPart("kube-apiserver")]);
    await this.#untilReady();
    this.#writeKubeconfigs();
    if (this.#options.controllerManager === true) await this.restart("kube-controller-manager");
  }

  /** Where this process connects to reach the API server. */
  get end(): RelayEnd {
    const { host, directory } = this.#options;
    return host === undefined ? { host: LOOPBACK, port: API_PORT } : { path: clusterFiles(directory).socket };
  }

  get adminToken(): string {
    return this.tokenOf("admin");
  }

  /** The fixed token of a user; throws if there is no such user. */
  tokenOf(user: string): string {
    const token = this.#tokens.get(user);
    if (token === undefined) throw new Error(`the cluster was started without a user "${user}"`);
    return token;
  }

  /** A token of a ServiceAccount for an hour, as a pod gets it; makes the ServiceAccount where there is none. */
  async serviceAccountToken(namespace: string, name: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    const made = await this.api.request({ path, body: { metadata: { name } } });
    if (made.status !== 201 && made.status !== 409)
      throw new Error(`cannot make ServiceAccount ${namespace}/${name}: ${made.status}`);
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3_600 } };
    const answer = await this.api.must<{ status: { token: string } }>({ path: `${path}/${name}/token`, body });
    return answer.status.token;
  }

  /** Writes a kubeconfig, for the admin and `url` unless told otherwise. */
  writeKubeconfig(file: string, options: { readonly token?: string; readonly server?: string } = {}): void {
    const { token = this.adminToken, server = this.url } = options;
    writeFileSync(file, kubeconfigText({ server, token, caFile: this.caFile }), { mode: 0o600 });
  }

  /** The process of a part: to be hung, resumed, asked for its output. Throws if the part was never started. */
  part(name: ClusterPart): RackProcess {
    const running = this.#parts.get(name);
    if (running === undefined) throw new Error(`the cluster runs no ${name}`);
    return running;
  }

  /** Kills a part as a crash would. The others stay and see it. */
  async kill(name: ClusterPart): Promise<void> {
    await this.part(name).kill();
  }

  /**
   * Starts a part in place of the one that runs (ended with SIGTERM first), was killed, or was never there; resolves when
   * it is ready. After SIGTERM an API server takes up to 5 seconds while watches are open; after `kill` all takes 2.
   */
  async restart(name: ClusterPart): Promise<void> {
    await this.#parts.get(name)?.stop();
    const running = await this.#startPart(name);
    if (name === "kube-controller-manager") await running.waitForLine(/Caches are synced/, READY_TIMEOUT_MS);
    else await this.#untilReady();
  }

  /**
   * Runs kube-proxy on a node of the rack, which makes it forward Services; resolves when its rules are there. The API
   * must have the Node object with its addresses. Mode iptables needs the program iptables.
   */
  async startKubeProxy(
    node: Pick<Host, "name" | "spawn">,
    mode: "nftables" | "iptables" = "nftables",
  ): Promise<RackProcess> {
    const { directory } = this.#options;
    const flags = [...kubeProxyFlags(directory, KUBE_PROXY, node.name), `--proxy-mode=${mode}`];
    const command = [clusterProgram("kube-proxy"), ...flags];
    const logFile = clusterFiles(directory).log(`kube-proxy-${node.name}`);
    return node.spawn({
      name: "kube-proxy",
      command,
      logFile,
      ready: RULES_COMPLETE,
    });
  }

  /** Kills all parts and forgets nothing: the directory can be started again. May be called again. */
  async stop(): Promise<void> {
    this.api.close();
    await Promise.all([...this.#parts.values()].map((running) => running.kill()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Once, before any that reads them starts: it must not find a file that is being written for another. */
  #writeKubeconfigs(): void {
    this.writeKubeconfig(this.kubeconfigFile);
    const { kubeconfigOf } = clusterFiles(this.#options.directory);
    for (const user of [CONTROLLER_MANAGER, KUBE_PROXY]) {
      this.writeKubeconfig(kubeconfigOf(user), { token: this.tokenOf(user) });
    }
  }

  async #startPart(name: ClusterPart): Promise<RackProcess> {
    return this.#spawn({ name, command: [clusterProgram(name), ...this.#flags(name)] });
  }

  #flags(name: ClusterPart): readonly string[] {
    const { directory, host, apiServerFlags: more = [], controllerManagerFlags: managerFlags = [] } = this.#options;
    if (name === "etcd") return etcdFlags(directory);
    if (name === "kube-controller-manager") {
      return [...controllerManagerFlags(directory, CONTROLLER_MANAGER), ...managerFlags];
    }
    return [...apiServerFlags(directory, host?.ipv4 ?? LOOPBACK), ...more];
  }

  async #startRelay(): Promise<void> {
    const { host, directory } = this.#options;
    if (host === undefined) return;
    const command = [process.execPath, RELAY, clusterFiles(directory).socket, host.ipv4, String(API_PORT)];
    await this.#spawn({ name: "relay", command, ready: /^ready$/ });
  }

  async #spawn(options: SpawnOptions): Promise<RackProcess> {
    const { host, directory } = this.#options;
    const all = { ...options, logFile: clusterFiles(directory).log(options.name) };
    const running = host === undefined ? new RackProcess(all) : await host.spawn(all);
    this.#parts.set(options.name, running);
    return running;
  }

  /** A part that ended without being asked to will never be ready, so waiting for it ends. */
  async #untilReady(): Promise<void> {
    const ended = (): RackProcess | undefined =>
      (["etcd", "kube-apiserver"] as const).map((name) => this.part(name)).find((part) => part.exitCode !== undefined);
    const isReady = async (): Promise<RackProcess | boolean> =>
      ended() ?? (await this.api.request({ path: "/readyz" })).status === 200;
    const seen = await until("the API server is ready", isReady, { timeoutMs: READY_TIMEOUT_MS }).catch(
      (cause: Error) => {
        throw new Error(`${cause.message}. ${lastWords(this.part("kube-apiserver"))}`, { cause });
      },
    );
    if (seen instanceof RackProcess) throw new Error(lastWords(seen));
  }
}

function lastWords({ name, exitCode, lines }: RackProcess): string {
  const state = exitCode === undefined ? "runs" : `exited ${exitCode}`;
  return `${name} ${state}; it said last:\n  ${lines.slice(-LAST_LINES).join("\n  ") || "(nothing)"}`;
}
