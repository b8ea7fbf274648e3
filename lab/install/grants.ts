import type { Grant, PolicyRule } from "./audit.ts";
import type { RealCluster } from "./real-cluster.ts";

interface RoleObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly PolicyRule[];
}

interface BindingObject {
  readonly metadata: { readonly namespace?: string };
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** What the ServiceAccounts of a namespace may do, by all bindings that there are in the cluster. */
export async function grantsTo(namespace: string, cluster: RealCluster): Promise<readonly Grant[]> {
  const roles = await list<RoleObject>(cluster, "roles,clusterroles");
  const bindings = await list<BindingObject>(cluster, "rolebindings,clusterrolebindings");
  return bindings.flatMap(({ metadata, roleRef, subjects = [] }) => {
    const role = roles.find(
      ({ kind, metadata: of }) =>
        kind === roleRef.kind &&
        of.name === roleRef.name &&
        (kind === "ClusterRole" || of.namespace === metadata.namespace),
    );
    return subjects
      .filter((subject) => subject.kind === "ServiceAccount" && subject.namespace === namespace)
      .map(({ name }) => {
        const user = `system:serviceaccount:${namespace}:${name}`;
        return { user, namespace: metadata.namespace, rules: role?.rules ?? [] };
      });
  });
}

async function list<T>(cluster: RealCluster, kinds: string): Promise<readonly T[]> {
  const text = await cluster.kubectl(["get", kinds, "--all-namespaces", "--output=json"]);
  return (JSON.parse(text) as { items: T[] }).items;
}
