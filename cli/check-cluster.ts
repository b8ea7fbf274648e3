import { type MemberRecord, readMemberRecord } from "#src/model/member-record.ts";
import type { Kind } from "#src/model/kind.ts";
import type { KubeObject } from "#src/model/object.ts";
import { CONFIG_MAP_KEY } from "#src/model/pool-config.ts";
import type { Problem } from "#src/model/problem.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import type { Scope } from "#src/source/kubernetes/read/resources.ts";

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

/** Hawser's own. */
const [NAMESPACE = ""] = CONFIG_MAP_KEY.split("/");

/** After these no other kind can be read either. */
const NOBODY_THERE: readonly string[] = ["API_SERVER_UNREACHABLE", "API_LOGIN_FAILED"];

/** What there is to check of a cluster. */
export interface ClusterObjects {
  readonly objects: readonly KubeObject[];
  /** Of the speakers that run: they know the networks of their nodes. */
  readonly memberRecords: readonly MemberRecord[];
  /** What of it cannot be read. */
  readonly problems: readonly Problem[];
}

/** Reads all that a cluster has of it, once. */
export async function readClusterObjects(options: FindConfigOptions): Promise<ClusterObjects> {
  const config = findApiConfig(options);
  if (!config.ok) return { objects: [], memberRecords: [], problems: config.problems };
  const lister = new ClusterLister(config.value);
  try {
    const objects: KubeObject[] = [];
    for (const [kind, scope] of kinds) {
      objects.push(...(await lister.list(kind, scope)));
      if (lister.problems.some(({ code }) => NOBODY_THERE.includes(code)))
        return { objects, memberRecords: [], problems: lister.problems };
    }
    const { members } = await lister.leases(NAMESPACE, []);
    const memberRecords = [...members.values()].flatMap((member) => readMemberRecord(member) ?? []);
    return { objects, memberRecords, problems: lister.problems };
  } finally {
    lister.close();
  }
}
