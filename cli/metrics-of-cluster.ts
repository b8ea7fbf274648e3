import { recordOf, recordsOf, textOf } from "#src/model/record.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import { collectionPath } from "#src/source/kubernetes/read/collection-path.ts";
import type { MetricsPages } from "./traffic-look.ts";

const INGRESS_PODS = "app.kubernetes.io/name=hawser,app.kubernetes.io/component=ingress";
/** Pods that are asked at most: a look at each costs the API server a connection to its node. */
const MAX_PODS = 32;

/**
 * The metrics of the ingress pods that are ready, through the API server with the person's own rights: `list` on pods, `get` on
 * pods/proxy, in Hawser's namespace. All of them or none: a part of the pods has a part of the requests.
 */
export async function metricsOfCluster(
  options: FindConfigOptions & { readonly namespace: string },
): Promise<MetricsPages> {
  const config = findApiConfig(options);
  if (!config.ok) return "the cluster cannot be read";
  const lister = new ClusterLister(config.value);
  try {
    const path = collectionPath("Pod", options.namespace);
    const found = await lister.raw(path, { labelSelector: INGRESS_PODS });
    const [problem] = lister.problems;
    if (problem !== undefined) return `pods cannot be listed: ${problem.why}`;
    const pods = found.flatMap(readyPod);
    if (pods.length > MAX_PODS) return `${pods.length} pods of the ingress are too many to ask each`;
    const pages = new Map<string, string>();
    for (const { name, port } of pods) {
      const answer = await lister.text(`${path}/${encodeURIComponent(name)}:${port}/proxy/metrics`);
      if (!answer.ok) return `the metrics of pod ${name} cannot be read: ${answer.why}`;
      pages.set(name, answer.text);
    }
    return pages;
  } finally {
    lister.close();
  }
}

/** A pod that is ready and says which port its metrics have. */
function readyPod(pod: unknown): readonly { readonly name: string; readonly port: number }[] {
  const { metadata, spec, status } = recordOf(pod);
  const name = textOf(recordOf(metadata)["name"]);
  const isReady = recordsOf(recordOf(status)["conditions"]).some(
    (one) => one["type"] === "Ready" && one["status"] === "True",
  );
  const ports = recordsOf(recordOf(spec)["containers"]).flatMap(({ ports: declared }) => recordsOf(declared));
  const port = ports.find((one) => one["name"] === "metrics")?.["containerPort"];
  return isReady && name !== "" && typeof port === "number" ? [{ name, port }] : [];
}
