// A cluster with Hawser in it, installed as it is published, for what people run beside it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { V1Pod, V1PodList } from "@kubernetes/client-node";
import { applyManifests } from "#lab/cluster/apply-manifests.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { Kubelets } from "#lab/kubelet/kubelets.ts";
import type { ImageProgram } from "#lab/rack/image-program.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import type { KubeObject } from "#src/model/object.ts";
import { ingressOf } from "#src/model/service-status.ts";
import { config, kustomize } from "#test/config/kustomization.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const SYSTEM = "hawser-system";
const INGRESS_PODS = "app.kubernetes.io/component=ingress";
/** A machine with many suites takes a minute for what an idle one does in seconds; less than a test may take. */
export const PATIENT = { timeoutMs: 100_000 } as const;

/** Addresses of the LAN, of both families; the second pool is for Services that ask for it. */
const POOLS = `
apiVersion: v1
kind: ConfigMap
metadata: { namespace: ${SYSTEM}, name: hawser }
data:
  config: |
    address-pools:
    - { name: default, protocol: layer2, addresses: [192.0.2.200-192.0.2.209, "2001:db8:0:1::200/124"] }
    - { name: other, protocol: layer2, auto-assign: false, addresses: [192.0.2.220/31] }
`;

/** A program as a pod of a namespace of its own, with all rights, all of the same name. */
function companionText(name: string, args: readonly string[]): string {
  return `
{ apiVersion: v1, kind: Namespace, metadata: { name: ${name} } }
---
{ apiVersion: v1, kind: ServiceAccount, metadata: { namespace: ${name}, name: ${name} } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: ${name} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, namespace: ${name}, name: ${name} }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: ${name}, name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      serviceAccountName: ${name}
      containers: [{ name: ${name}, image: ${name}, args: ${JSON.stringify(args)} }]
`;
}

export class CompanionWorld {
  readonly cluster: Cluster;
  readonly rack: Rack;
  /** A folder that all programs of the rack share. */
  readonly directory: string;
  readonly #kubelets: Kubelets;

  private constructor(parts: Pick<CompanionWorld, "cluster" | "rack" | "directory">, kubelets: Kubelets) {
    this.cluster = parts.cluster;
    this.rack = parts.rack;
    this.directory = parts.directory;
    this.#kubelets = kubelets;
  }

  /** Resolves when Hawser is ready, and its ingress has an address. `programs` is what images of others run. */
  static async start(programs: readonly ImageProgram[]): Promise<CompanionWorld> {
    const directory = mkdtempSync(join(tmpdir(), "hawser-companions-"));
    const rack = await Rack.build({ nodes: 2, controlPlane: true });
    const place = { directory: join(directory, "cluster"), host: rack.controlPlane };
    const cluster = await Cluster.start({ ...place, controllerManager: true });
    const hawser = { image: "hawser", command: [process.execPath, CLI] };
    const kubelets = await Kubelets.start({ cluster, rack, programs: [hawser, ...programs] });
    const world = new CompanionWorld({ cluster, rack, directory }, kubelets);
    const objects = kustomize(join(config, "expose/deployment-loadbalancer"));
    // With a log of requests, which tests read, and redirects to HTTPS, as ingress-nginx has them by default.
    const text = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    await world.apply(text.replace('"--publish-service=', '"--access-log","--ssl-redirect","--publish-service='));
    await world.apply(POOLS);
    await world.untilReady(SYSTEM, 6);
    await world.ingressAddress(".");
    return world;
  }

  /** Installs a program of the start, by the name of its image; resolves when it is ready. */
  async installCompanion(name: string, args: readonly string[]): Promise<void> {
    await this.apply(companionText(name, args));
    await this.untilReady(name, 1);
  }

  async apply(manifests: string): Promise<void> {
    await applyManifests(this.cluster.api, manifests);
  }

  async get<T = KubeObject>(path: string): Promise<T> {
    return this.cluster.api.must<T>({ path });
  }

  /** Changes an object by a merge patch. */
  async patch(path: string, body: unknown): Promise<void> {
    await this.cluster.api.must({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
  }

  async remove(path: string): Promise<void> {
    await this.cluster.api.must({ method: "DELETE", path });
  }

  /** The address of a family in the status of the ingress's Service, as soon as there is one: "." of IPv4, ":" of IPv6. */
  async ingressAddress(family: "." | ":"): Promise<string> {
    const path = `/api/v1/namespaces/${SYSTEM}/services/hawser-ingress`;
    const find = async (): Promise<string | undefined> =>
      ingressOf(await this.get(path))
        .map(({ ip }) => String(ip))
        .find((ip) => ip.includes(family));
    return until("the ingress has an address", find, { ...PATIENT, lastSeen: () => this.saidLast() });
  }

  /** The pods of the ingress: of each its identity, how often it was restarted, and its address. */
  async ingressPods(): Promise<readonly { uid: string; restarts: number; ip: string }[]> {
    const pods = await this.#pods(SYSTEM, `?labelSelector=${encodeURIComponent(INGRESS_PODS)}`);
    return pods.map(({ metadata, status }) => ({
      uid: metadata?.uid ?? "",
      restarts: status?.containerStatuses?.[0]?.restartCount ?? 0,
      ip: status?.podIP ?? "",
    }));
  }

  /** Resolves when so many pods of a namespace are ready. */
  async untilReady(namespace: string, count: number): Promise<void> {
    const isSo = async (): Promise<boolean> => (await this.#pods(namespace)).filter(isReady).length === count;
    await until(`${count} pods of ${namespace} are ready`, isSo, { ...PATIENT, lastSeen: () => this.saidLast() });
  }

  async #pods(namespace: string, query = ""): Promise<readonly V1Pod[]> {
    return (await this.get<V1PodList>(`/api/v1/namespaces/${namespace}/pods${query}`)).items;
  }

  /** What the programs in pods said last, for a person who looks into a failure. */
  saidLast(): unknown {
    return this.#kubelets.saidLast();
  }

  /** The lines of the program of a pod, of the pods whose `namespace/name` begins with a text. */
  linesOf(begin: string): readonly string[] {
    return this.#kubelets.linesOf(begin);
  }

  async stop(): Promise<void> {
    await this.#kubelets.close();
    await this.cluster.stop();
    await this.rack.close();
    rmSync(this.directory, { recursive: true });
  }
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
}
