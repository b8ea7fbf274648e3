import { type Kind, METALLB_KINDS } from "#src/model/kind.ts";
import { recordOf, recordsOf, textOf } from "#src/model/record.ts";
import type { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { leasePath } from "#src/source/kubernetes/leases/report-leases.ts";
import { collectionPath } from "#src/source/kubernetes/read/collection-path.ts";
import { COMPONENTS } from "#src/source/components.ts";
import type { ReportBundle } from "./report-bundle.ts";

/** A pod of Hawser, and what of it has a log and metrics. */
export interface CollectedPod {
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly { readonly name: string; readonly restarted: boolean }[];
  /** The port of its metrics, where its manifest names one. */
  readonly metricsPort: number | undefined;
}

/** The kinds whose objects Hawser reads in all namespaces. */
const EVERYWHERE: readonly Kind[] = [
  "Service",
  "EndpointSlice",
  "Ingress",
  "IngressClass",
  "HTTPPolicy",
  "Node",
  "Namespace",
];

interface CollectedFrom {
  /** Hawser's. */
  readonly namespace: string;
  readonly metallbNamespace: string;
}

/** Puts the objects that Hawser reads into a bundle, and its own. Resolves with its pods. */
export async function collectObjects(
  lister: ClusterLister,
  bundle: ReportBundle,
  { namespace, metallbNamespace }: CollectedFrom,
): Promise<readonly CollectedPod[]> {
  const collect = async (kind: string, path: string): Promise<readonly unknown[]> => {
    const items = (await lister.raw(path)).map((item) => ({ kind, ...recordOf(item) }));
    if (items.length > 0) bundle.addValues(`objects/${kind}.jsonl`, items);
    return items;
  };
  for (const kind of EVERYWHERE) await collect(kind, collectionPath(kind));
  for (const kind of METALLB_KINDS) await collect(kind, collectionPath(kind, metallbNamespace));
  await collect("ConfigMap", collectionPath("ConfigMap", namespace));
  const deployments = collectionPath("Deployment", namespace);
  await collect("Deployment", deployments);
  await collect("DaemonSet", deployments.replace(/deployments$/, "daemonsets"));
  await collect("Lease", leasePath(namespace));
  // Their names and the lengths of what is in them.
  await collect("Secret", collectionPath("Secret", namespace));
  const events = await lister.events(COMPONENTS);
  bundle.addValues("objects/Event.jsonl", events ?? []);
  const pods = await collect("Pod", collectionPath("Pod", namespace));
  return pods.map((pod) => podOf(pod, namespace)).filter(({ name }) => name !== "");
}

function podOf(pod: unknown, namespace: string): CollectedPod {
  const { metadata, spec, status } = recordOf(pod);
  const statuses = recordsOf(recordOf(status)["containerStatuses"]);
  const containers = recordsOf(recordOf(spec)["containers"]);
  const ports = containers.flatMap(({ ports: declared }) => recordsOf(declared));
  const port = ports.find(({ name }) => name === "metrics")?.["containerPort"];
  return {
    namespace,
    name: textOf(recordOf(metadata)["name"]),
    containers: containers.map(({ name }) => ({
      name: textOf(name),
      restarted: statuses.some((one) => one["name"] === name && Number(one["restartCount"]) > 0),
    })),
    metricsPort: typeof port === "number" ? port : undefined,
  };
}
