import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { clusterProgram } from "#lab/cluster/build-cluster.ts";
import { mustRun } from "#lab/rack/run-command.ts";
import { between } from "#lab/probes/gap.ts";
import { auditOf, type AuditEvent, readAudit } from "#lab/install/audit.ts";
import { makeServerCertificate } from "#lab/install/certificates.ts";
import { nodePackages } from "#lab/install/node-packages.ts";
import { RealCluster } from "#lab/install/real-cluster.ts";
import { Prober } from "#lab/probes/prober.ts";
import { helmProgram } from "#lab/helm/build-helm.ts";
import { until } from "#lab/rack/until.ts";
import { writeInstall } from "#scripts/image/write-install.ts";
import { read, root } from "#test/docs/page.ts";
import { helmHomes } from "#test/support/helm.ts";

/** Where Hawser is installed. */
export const NAMESPACE = "hawser-system";
export const POOL_SAMPLE = "config/samples/pool.yaml";
const LAN_IPV6_POOL = "2001:db8:0:1::240/124";
/** Between two requests of the client. */
export const PROBE_EVERY_MS = 50;
/** A request is lost when no answer came in this time: a SYN that was lost is sent again after one second and three. */
const REQUEST_TIMEOUT_MS = 5_000;
const WAIT_TIMEOUT_MS = 120_000;

/** A cluster of three real nodes whose API server keeps an audit of what Hawser's ServiceAccounts ask. */
export class World {
  readonly cluster: RealCluster;
  readonly #audit: string;
  readonly #probers = new Map<string, Prober>();
  #taken = 0;

  private constructor(cluster: RealCluster, audit: string) {
    this.cluster = cluster;
    this.#audit = audit;
  }

  static async start(): Promise<World> {
    const packages = nodePackages();
    if (packages === undefined) throw new Error("whyNoInstall() promised packages");
    const directory = mkdtempSync(join(tmpdir(), "hawser-install-"));
    try {
      const { file, flags } = auditOf(NAMESPACE, directory);
      const image = join(directory, "hawser.tar");
      const making = mustRun("npm run image", [process.execPath, join(root, "scripts/image.js"), "--out", image]);
      // Awaited below, when the cluster is there; until then a failure of it is nobody's.
      making.catch(() => {});
      const cluster = await RealCluster.start({ nodes: 3, directory, packages, apiServerFlags: flags });
      const world = new World(cluster, file);
      try {
        await making;
        await cluster.importImage(image);
        return world;
      } catch (error) {
        await world.close();
        throw error;
      }
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs kubectl; resolves with what it printed, without spaces around. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return (await this.cluster.kubectl(args)).trim();
  }

  /** Runs kubectl in Hawser's namespace. */
  hawser(...args: readonly string[]): Promise<string> {
    return this.kubectl(`--namespace=${NAMESPACE}`, ...args);
  }

  apply(manifests: string): Promise<string> {
    return this.cluster.kubectl(["apply", "--filename=-"], manifests);
  }

  /**
   * Runs lines of a shell in the project's folder as an operator would, whose kubectl knows the cluster, and who has
   * written the addresses of this LAN into the sample of a pool.
   */
  async shell(commands: string): Promise<string> {
    const pools = join(this.cluster.directory, "pool.yaml");
    writeFileSync(pools, poolsOfLan());
    const lines = commands.replaceAll(POOL_SAMPLE, pools);
    const path = [dirname(clusterProgram("kubectl")), dirname(helmProgram()), process.env["PATH"]].join(":");
    const homes = Object.entries(helmHomes(this.cluster.directory)).map(([name, folder]) => `${name}=${folder}`);
    const environment = [`PATH=${path}`, `KUBECONFIG=${this.cluster.control.kubeconfigFile}`, ...homes];
    const command = ["env", `--chdir=${root}`, ...environment, "sh", "-euc", lines];
    const { code, stdout, stderr } = await this.cluster.rack.router.run(command);
    if (code !== 0) throw new Error(`exit code ${code} of:\n${lines}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Resolves when all pods of Hawser's Deployments and DaemonSets run in their newest form. */
  async untilRolledOut(): Promise<void> {
    for (const workload of await this.workloads()) {
      await this.hawser("rollout", "status", workload, `--timeout=${WAIT_TIMEOUT_MS / 1_000}s`);
    }
  }

  /** The images of Hawser's pods, each once. */
  async images(): Promise<readonly string[]> {
    const text = await this.hawser("get", "pods", "--output=jsonpath={.items[*].spec.containers[*].image}");
    return [...new Set(text.split(" "))];
  }

  /** Puts another build on every node and into install/, as `npm run image` does; here the same content under another tag. */
  async offerBuild(image: string): Promise<string> {
    const next = image.replace(/[0-9a-f]{10}$/, (tag) => (tag === "0123456789" ? "9876543210" : "0123456789"));
    await Promise.all(this.cluster.nodes.map((node) => node.ctr(["images", "tag", image, next])));
    const [repository = "", tag = ""] = next.split(":");
    writeInstall(root, { repository, tag });
    return next;
  }

  /** Hawser's Deployments and DaemonSets: `deployment.apps/hawser-controller`. */
  async workloads(): Promise<readonly string[]> {
    const names = await this.hawser("get", "deployments,daemonsets", "--output=name");
    return names.split("\n").filter((name) => name !== "");
  }

  /** The resident set of each of Hawser's processes on the nodes: `speaker 54321`, in kB. */
  async residentKb(): Promise<readonly string[]> {
    const look = `for each in /proc/[0-9]*; do
      program=$(tr '\\0' ' ' < $each/cmdline | sed -nE 's,.*/usr/bin/hawser (controller|speaker|ingress) .*,\\1,p')
      test -z "$program" || echo $program $(sed -nE 's/VmRSS:[[:space:]]+([0-9]+) kB/\\1/p' $each/status)
    done 2> /dev/null`;
    const answers = this.cluster.nodes.map(async ({ machine }) => (await machine.run(["sh", "-c", look])).stdout);
    return (await Promise.all(answers)).flatMap((lines) => lines.split("\n").filter((line) => line !== ""));
  }

  /** The IPv4 address of a Service or Ingress once it has one. */
  untilAddress(kind: "service" | "ingress", name: string, namespace = "default"): Promise<string> {
    const first = "--output=jsonpath={.status.loadBalancer.ingress[*].ip}";
    const what = `${kind} ${namespace}/${name} has an address`;
    const find = async (): Promise<string | undefined> => {
      const all = await this.kubectl(`--namespace=${namespace}`, "get", kind, name, first);
      return all.split(" ").find((ip) => /^\d+\.\d+\.\d+\.\d+$/.test(ip));
    };
    return until(what, find, { timeoutMs: WAIT_TIMEOUT_MS });
  }

  /** Makes a TLS Secret for a host in the namespace default; returns the file with the certificate. */
  async addCertificate(secret: string, host: string): Promise<string> {
    const { certificate, key } = await makeServerCertificate(this.cluster.directory, host);
    await this.kubectl("create", "secret", "tls", secret, `--cert=${certificate}`, `--key=${key}`);
    return certificate;
  }

  /** The head of a page that the client asks for by HTTPS; rejects where it does not believe the certificate. */
  async secureHead(
    ip: string,
    host: string,
    certificate: string,
  ): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>> }> {
    const script = `import { readFileSync } from "node:fs"; import { get } from "node:https";
      const [, host, servername, file] = process.argv;
      const asked = get({ host, servername, ca: readFileSync(file), headers: { Host: servername } });
      asked.on("response", ({ statusCode: status, headers }) => {
        console.log(JSON.stringify({ status, headers }));
        process.exit();
      });`;
    const command = [process.execPath, "--input-type=module", "--eval", script, ip, host, certificate];
    const { code, stdout, stderr } = await this.cluster.rack.client.run(command);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Awaited<ReturnType<World["secureHead"]>>;
  }

  /** Lets the client ask for a page all the time; resolves when pages come. */
  async startProber(
    target: string,
    options: { port?: number; host?: string; timeoutMs?: number } = {},
  ): Promise<Prober> {
    const asked = { port: 80, timeoutMs: REQUEST_TIMEOUT_MS, ...options };
    const settings = { mode: "http", target, everyMs: PROBE_EVERY_MS, ...asked } as const;
    const prober = await Prober.start(this.cluster.rack.client, settings);
    await prober.waitForGood(20, WAIT_TIMEOUT_MS);
    return prober;
  }

  /** As `startProber`, for all that follows: `lostDuring` tells of it by this name. */
  async probe(name: string, target: string, options: { host?: string } = {}): Promise<void> {
    this.#probers.set(name, await this.startProber(target, options));
  }

  /** Does the work, waits until the client gets all pages again, and returns what became of those it did not get. */
  async lostDuring(work: () => Promise<unknown>): Promise<Readonly<Record<string, readonly string[]>>> {
    const fromNs = process.hrtime.bigint();
    await work();
    const toNs = process.hrtime.bigint();
    const found = [...this.#probers].map(async ([name, prober]) => {
      await prober.waitForGood(20, WAIT_TIMEOUT_MS);
      const sent = between(prober.records, fromNs, toNs);
      // A test of no probe would prove nothing.
      expect(sent.length).toBeGreaterThan(0);
      const lost = sent.filter(({ receivedNs }) => receivedNs === undefined);
      return [name, lost.map(({ failure, sequence }) => `${sequence}: ${failure}`)] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  }

  /** Resolves when the client gets all its pages. */
  async untilAllGood(): Promise<void> {
    await Promise.all([...this.#probers.values()].map((prober) => prober.waitForGood(20, WAIT_TIMEOUT_MS)));
  }

  /** The node whose speaker answers the client for the address. */
  async ownerOf(ip: string): Promise<string> {
    const { rack } = this.cluster;
    await rack.client.flushNeighbors();
    return until(`a node answers for ${ip}`, async () => {
      await rack.client.reaches(ip);
      const neighbor = await rack.client.neighbor(ip);
      return rack.nodes.find(({ mac }) => mac === neighbor?.mac)?.name;
    });
  }

  /** Stops all that `probe` started. */
  async stopProbing(): Promise<void> {
    await Promise.all([...this.#probers.values()].map((prober) => prober.stop()));
    this.#probers.clear();
  }

  /** All objects of the cluster that bear Hawser's name or label, as `kind/name`. */
  async leftovers(): Promise<readonly string[]> {
    const kinds = await this.kubectl("api-resources", "--verbs=list", "--output=name");
    const wanted = kinds.split("\n").filter((kind) => !kind.startsWith("events"));
    const names = await this.kubectl("get", wanted.join(","), "--all-namespaces", "--output=name");
    return names.split("\n").filter((name) => name.includes("hawser"));
  }

  /** What Hawser asked of the API server since the last call. */
  takeAudit(): readonly AuditEvent[] {
    const all = readAudit(this.#audit);
    const taken = all.slice(this.#taken);
    this.#taken = all.length;
    return taken;
  }

  /** What a person would look at first when something went wrong. */
  async describe(): Promise<string> {
    const pods = await this.cluster.tryKubectl(["get", "nodes,pods,services,ingresses", "-A", "--output=wide"]);
    const events = await this.cluster.tryKubectl(["get", "events", "-A", "--sort-by=.lastTimestamp"]);
    const labels = "--selector=app.kubernetes.io/name=hawser";
    const logs = ["logs", `--namespace=${NAMESPACE}`, labels, "--prefix", "--tail=25", "--all-containers"];
    const said = await this.cluster.tryKubectl([...logs, "--max-log-requests=20"]);
    return [pods.stdout, events.stdout.split("\n").slice(-40).join("\n"), said.stdout, said.stderr].join("\n");
  }

  async close(): Promise<void> {
    await this.cluster.close();
    rmSync(this.cluster.directory, { recursive: true, force: true });
  }
}

/** The sample with this LAN's addresses in place of those that stand in it. */
function poolsOfLan(): string {
  const addresses = { "192.168.1.240-192.168.1.250": "192.0.2.200-192.0.2.220", "2001:db8:1::240/124": LAN_IPV6_POOL };
  return Object.entries(addresses).reduce(
    (text, [sample, ours]) => {
      if (!text.includes(sample)) throw new Error(`${POOL_SAMPLE} does not have ${sample}`);
      return text.replace(sample, ours);
    },
    readFileSync(join(root, POOL_SAMPLE), "utf8"),
  );
}

/** The blocks of shell in one section of a page. */
export function commandsOf(title: string, page = "README.md"): readonly string[] {
  const [, section = ""] = read(page).split(`\n## ${title}\n`);
  const text = section.split(/^## /m)[0] ?? "";
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, body = ""]) => body);
}
