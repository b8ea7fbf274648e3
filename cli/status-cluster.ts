import { keyOf } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import { type StatusView, viewStatus } from "./status-view.ts";

/** The programs that write Events, as these name them; those that stand for leader do so by that name too. */
const COMPONENTS = ["hawser-controller", "hawser-speaker", "hawser-ingress"] as const;
/** `type=LoadBalancer` is asked of the server: the others are none of ours. */
const SERVICES = { fieldSelector: "spec.type=LoadBalancer" } as const;

export interface StatusClusterOptions extends FindConfigOptions {
  readonly namespace: string;
  readonly configMap: string;
}

/** Looks at a cluster through the Kubernetes API, once; Problems where nothing at all can be seen. */
export async function lookAtCluster(options: StatusClusterOptions): Promise<Parsed<StatusView>> {
  const { namespace, configMap: name } = options;
  const config = findApiConfig(options);
  if (!config.ok) return config;
  const lister = new ClusterLister(config.value);
  try {
    const services = await lister.list("Service", SERVICES);
    // Without Services there is nothing to show, and what else is wrong is wrong for the same reason.
    if (lister.problems.length > 0 && services.length === 0) return { ok: false, problems: lister.problems };
    const [configMaps, nodes, leases, events] = await Promise.all([
      lister.list("ConfigMap", { namespace, fieldSelector: `metadata.name=${name}` }),
      lister.list("Node"),
      lister.leases(namespace, COMPONENTS),
      lister.events(COMPONENTS),
    ]);
    const configMap = configMaps.find(({ metadata }) => keyOf(metadata) === keyOf({ namespace, name }));
    const { problems } = lister;
    return {
      ok: true,
      value: viewStatus({ configMap, services, nodes, ...leases, events, problems }),
      problems,
    };
  } finally {
    lister.close();
  }
}
