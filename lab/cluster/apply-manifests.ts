import { parseAllDocuments } from "yaml";
import type { ClusterApi } from "./cluster-api.ts";

/** An object of a manifest, as far as its place in the API depends on it. */
interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface Discovered {
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** Applies the objects of a YAML text as `kubectl apply --server-side` does, in order. Rejects with the server's words. */
export async function applyManifests(api: ClusterApi, text: string): Promise<void> {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as ManifestObject | null);
  await applyObjects(
    api,
    objects.filter((object) => object !== null),
  );
}

/** Applies objects as `applyManifests` does. */
export async function applyObjects(api: ClusterApi, objects: readonly ManifestObject[]): Promise<void> {
  for (const object of objects) {
    const path = `${await pathOf(api, object)}?fieldManager=lab&force=true`;
    await api.must({ method: "PATCH", path, contentType: "application/apply-patch+yaml", body: object });
  }
}

/** Where the API keeps an object, as the server itself says; rejects where it knows no such kind. */
async function pathOf(api: ClusterApi, { apiVersion, kind, metadata }: ManifestObject): Promise<string> {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { status, body } = await api.request({ path: group });
  const found = status === 200 ? (body as Discovered).resources : [];
  const resource = found.find((one) => one.kind === kind && !one.name.includes("/"));
  if (resource === undefined) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
  const { name, namespace = "default" } = metadata;
  return `${group}${resource.namespaced ? `/namespaces/${namespace}` : ""}/${resource.name}/${name}`;
}
