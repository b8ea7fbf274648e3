import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { V1LeaseList, V1Pod, V1PodList } from "@kubernetes/client-node";
import { kubernetesVersion } from "#lab/cluster/build-cluster.ts";
import { applyManifests } from "#lab/cluster/apply-manifests.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import type { ReportedProblem, SpeakerReportFile } from "#lab/hawser/installation.ts";
import { Kubelets } from "#lab/kubelet/kubelets.ts";
import type { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { announcedAddresses } from "#src/model/print-addresses.ts";
import { ECHO_PROGRAM } from "./echo-program.ts";
import type { Teller } from "./teller.ts";
import type { Condition, DemoWorld } from "./world.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const HAWSER = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const NAMESPACE = "hawser-system";
/** What is applied as it is published: the namespace and the rights of the three programs. */
const PUBLISHED = ["namespace.yaml", "controller-rights.yaml", "speaker-rights.yaml", "ingress-rights.yaml"];
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const REPORT = "hawser.dev/report";
/** For what takes some seconds on a machine that is idle, and minutes on one that is not. */
const patient = { timeoutMs: 300_000 };

interface ServiceObject {
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
    readonly conditions?: readonly Condition[];
  };
}

/** Hawser in a real cluster, as pods of its own ServiceAccounts: the control plane on a host, kube-proxy on every node. */
export async function openKubernetesWorld(rack: Rack, teller: Teller): Promise<DemoWorld> {
  const directory = mkdtempSync("/run/hawser-demo-");
  teller.chapter(`Kubernetes ${kubernetesVersion()}: its own control plane and kube-proxy`);
  teller.explain(
    "Pods are bound to nodes and run as processes by small kubelets of the lab; all else is the real thing.",
  );
  const startMs = performance.now();
  const cluster = await Cluster.start({ directory, host: rack.controlPlane, controllerManager: true });
  const programs = [{ image: "hawser", command: [process.execPath, HAWSER] }, ECHO_PROGRAM];
  const kubelets = await Kubelets.start({ cluster, rack, programs });
  await giveRoles(cluster);
  const ms = Math.round(performance.now() - startMs);
  teller.found(`etcd, kube-apiserver, kube-controller-manager and three nodes with kube-proxy are ready in ${ms} ms`, {
    event: "cluster",
    version: kubernetesVersion(),
    ms,
  });
  const world = new KubernetesWorld({ rack, cluster, kubelets, directory });
  await world.install(teller);
  return world;
}

/**
 * The first node runs no pods but those of DaemonSets, and the third, where the pod is that answers the probes, never
 * owns an address: so the death of an owner shows only what moving an address costs.
 */
async function giveRoles({ api }: Cluster): Promise<void> {
  const patch = (node: string, body: object): Promise<unknown> =>
    api.must({ method: "PATCH", path: `/api/v1/nodes/${node}`, contentType: "application/merge-patch+json", body });
  const labels = { "node.kubernetes.io/exclude-from-external-load-balancers": "" };
  await Promise.all([patch("n1", { spec: { unschedulable: true } }), patch("n3", { metadata: { labels } })]);
}

interface Parts {
  readonly rack: Rack;
  readonly cluster: Cluster;
  readonly kubelets: Kubelets;
  readonly directory: string;
}

class KubernetesWorld implements DemoWorld {
  readonly articleVersion = "networking.k8s.io/v1";
  readonly visit: DemoWorld["visit"];
  readonly #cluster: Cluster;
  readonly #kubelets: Kubelets;

  constructor({ rack, cluster, kubelets, directory }: Parts) {
    this.#cluster = cluster;
    this.#kubelets = kubelets;
    const status = [process.execPath, HAWSER, "status", "--kubeconfig", cluster.kubeconfigFile];
    this.visit = {
      words: `Inside such a shell kubectl works with --kubeconfig ${cluster.kubeconfigFile}, and so does`,
      directory,
      page: { host: rack.controlPlane, options: ["--kubeconfig", cluster.kubeconfigFile] },
      status: rack.enterCommand(rack.controlPlane, status),
    };
  }

  /** Hawser first, and only when all of it works the Services and Ingresses. */
  async install(teller: Teller): Promise<void> {
    teller.chapter("Hawser: two controllers, a speaker on every node, two ingress proxies, all as pods");
    for (const file of PUBLISHED) await this.apply(`../../config/base/${file}`);
    await this.apply("kubernetes/00-hawser.yaml");
    const key = `${randomBytes(32).toString("base64")}\n`;
    const secret = { metadata: { name: "hawser-heartbeat" }, stringData: { key } };
    await this.#cluster.api.must({ path: `/api/v1/namespaces/${NAMESPACE}/secrets`, body: secret });
    await this.apply("manifests/00-pools.yaml");
    await this.#untilReady("app.kubernetes.io/component=controller", 2);
    await this.#untilReady("app.kubernetes.io/component=speaker", 3);
    teller.found(`the first article's Ingress as printed: ${await this.#refusal("manifests/40-first-article.yaml")}`, {
      event: "refused",
      version: "extensions/v1beta1",
    });
    for (const file of manifests()) await this.apply(file);
    await this.#untilReady("app.kubernetes.io/component=ingress", 2);
    const pods = await until(
      "all pods are ready",
      async () => {
        const { items } = await this.#cluster.api.must<V1PodList>({ path: "/api/v1/pods" });
        return items.every(isReady) && items.length;
      },
      patient,
    );
    teller.found(
      `all run from the Kubernetes API, with ServiceAccounts and RBAC of their own; ${pods} pods are ready`,
      {
        event: "started",
        programs: ["controller", "speaker", "ingress"],
        pods,
      },
    );
  }

  /** Why the API server does not take a manifest; throws if it does. */
  async #refusal(file: string): Promise<string> {
    const said = await this.apply(file).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (said === undefined) throw new Error(`the API server took ${file}`);
    return said;
  }

  async apply(file: string): Promise<void> {
    await applyManifests(this.#cluster.api, readFileSync(join(HERE, file), "utf8"));
  }

  async removeService(key: string): Promise<void> {
    await this.#cluster.api.must({ method: "DELETE", path: servicePath(key) });
  }

  async assignedAddresses(key: string): Promise<readonly string[]> {
    const { status } = await this.#service(key);
    return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  }

  async conditions(key: string): Promise<readonly Condition[]> {
    const { status } = await this.#service(key);
    return status?.conditions ?? [];
  }

  #service(key: string): Promise<ServiceObject> {
    return this.#cluster.api.must<ServiceObject>({ path: servicePath(key) });
  }

  async announcers(ip: string): Promise<readonly string[]> {
    const reports = await this.#reports();
    return reports.flatMap(({ node, announcing }) => (announcedAddresses({ announcing }).has(ip) ? [node] : []));
  }

  async problemsOf(node: string): Promise<readonly ReportedProblem[]> {
    const reports = await this.#reports();
    return reports.find((report) => report.node === node)?.problems ?? [];
  }

  async #reports(): Promise<readonly SpeakerReportFile[]> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases?labelSelector=${REPORT}`;
    const { items } = await this.#cluster.api.must<V1LeaseList>({ path });
    const reports = items.map(
      ({ metadata }) => JSON.parse(metadata?.annotations?.[REPORT] ?? "{}") as Partial<SpeakerReportFile>,
    );
    return reports.filter((report): report is SpeakerReportFile => report.node !== undefined);
  }

  async stopSpeaker(node: string): Promise<void> {
    const path = `${PODS}/${(await this.#speakerOn(node))?.metadata?.name}`;
    const { metadata } = await this.#cluster.api.must<V1Pod>({ method: "DELETE", path });
    const isGone = async (): Promise<boolean> => {
      const { status } = await this.#cluster.api.request({ path });
      return status === 404;
    };
    await until(`pod ${metadata?.name} has ended`, isGone, patient);
  }

  /** The DaemonSet creates it again. */
  async restartSpeaker(node: string): Promise<void> {
    const isBack = async (): Promise<boolean> => {
      const pod = await this.#speakerOn(node);
      return pod !== undefined && isReady(pod);
    };
    await until(`a speaker is ready on ${node}`, isBack, patient);
  }

  async #speakerOn(node: string): Promise<V1Pod | undefined> {
    const pods = await this.#pods("app.kubernetes.io/component=speaker");
    return pods.find(({ spec, metadata }) => spec?.nodeName === node && metadata?.deletionTimestamp === undefined);
  }

  async #pods(labels: string): Promise<readonly V1Pod[]> {
    const path = `${PODS}?labelSelector=${encodeURIComponent(labels)}`;
    const { items } = await this.#cluster.api.must<V1PodList>({ path });
    return items;
  }

  async #untilReady(labels: string, count: number): Promise<void> {
    const areReady = async (): Promise<boolean> => {
      const pods = await this.#pods(labels);
      return pods.length === count && pods.every(isReady);
    };
    const lastSeen = (): unknown => this.#kubelets.saidLast();
    await until(`${count} pods with ${labels} are ready`, areReady, { ...patient, lastSeen });
  }

  async close(): Promise<void> {
    await this.#kubelets.close();
    await this.#cluster.stop();
  }
}

/** The story's manifests, in order; of two of one name the cluster's own is taken, and Hawser's are applied already. */
function manifests(): readonly string[] {
  const own = readdirSync(join(HERE, "kubernetes"));
  const names = [...new Set([...readdirSync(join(HERE, "manifests")), ...own])].toSorted((a, b) => a.localeCompare(b));
  return names
    .filter((name) => !name.startsWith("00-"))
    .map((name) => (own.includes(name) ? `kubernetes/${name}` : `manifests/${name}`));
}

function servicePath(key: string): string {
  const [namespace, name] = key.split("/");
  return `/api/v1/namespaces/${namespace}/services/${name}`;
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
