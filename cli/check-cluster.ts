import type { Kind, KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/find-config.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import type { Scope } from "#src/source/kubernetes/resources.ts";

/** What the programs read, and the Deployments whose pods Services select. Of Secrets the certificates alone. */
const kinds: readonly (readonly [Kind, Scope])[] = [
  ["ConfigMap", {}],
  ["Service", {}],
  ["Ingress", {}],
  ["IngressClass", {}],
  ["Secret", { fieldSelector: "type=kubernetes.io/tls" }],
  ["EndpointSlice", {}],
  ["Node", {}],
  ["Deployment", {}],
];

/** After these no other kind can be read either. */
const NOBODY_THERE: readonly string[] = ["API_SERVER_UNREACHABLE", "API_LOGIN_FAILED"];

/** The objects of a cluster, and what of it cannot be read. */
export async function readClusterObjects(
  options: FindConfigOptions,
): Promise<{ readonly objects: readonly KubeObject[]; readonly problems: readonly Problem[] }> {
  const config = findApiConfig(options);
  if (!config.ok) return { objects: [], problems: config.problems };
  const lister = new ClusterLister(config.value);
  try {
    const objects: KubeObject[] = [];
    for (const [kind, scope] of kinds) {
      objects.push(...(await lister.list(kind, scope)));
      if (lister.problems.some(({ code }) => NOBODY_THERE.includes(code))) break;
    }
    return { objects, problems: lister.problems };
  } finally {
    lister.close();
  }
}
