// Definitions of optional kinds as MetalLB's manifests have them, as far as a reader can tell: open schemas, and status as a
// subresource.
import { vi } from "vitest";
import type { Cluster } from "#lab/cluster/cluster.ts";
import { factsOf, groupOf, type Kind } from "#src/model/kind.ts";
import { eventually } from "#test/support/eventually.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** The definition (CustomResourceDefinition) of an optional kind. */
function definitionOf(kind: Kind) {
  const { apiVersion, old, plural } = factsOf(kind);
  const group = groupOf(apiVersion);
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } };
  const versions = [apiVersion, ...old].map((version) => ({
    name: version.slice(group.length + 1),
    served: true,
    storage: version === apiVersion,
    subresources: { status: {} },
    schema,
  }));
  const names = { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` };
  return { metadata: { name: `${plural}.${group}` }, spec: { group, scope: "Namespaced", names, versions } };
}

/** Installs the definition of a kind; resolves when the API server serves it. */
export async function defineKind({ api }: Cluster, kind: Kind): Promise<void> {
  const body = definitionOf(kind);
  await api.must({ path: DEFINITIONS, body });
  await vi.waitFor(async () => {
    const { status } = await api.must<{ status?: { conditions?: readonly { type: string; status: string }[] } }>({
      path: `${DEFINITIONS}/${body.metadata.name}`,
    });
    const isServed = status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
    if (isServed !== true) throw new Error(`${kind} is not served yet`);
  }, eventually);
}

/** Removes the definition of a kind, if there is one; resolves when it is gone, and with it all objects of the kind. */
export async function undefineKind({ api }: Cluster, kind: Kind): Promise<void> {
  const path = `${DEFINITIONS}/${definitionOf(kind).metadata.name}`;
  await api.request({ method: "DELETE", path });
  await vi.waitFor(async () => {
    const { status } = await api.request({ path });
    if (status !== 404) throw new Error(`${kind} is not gone yet`);
  }, eventually);
}
