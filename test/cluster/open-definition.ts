import type { Definition } from "#lab/cluster/definition.ts";
import { factsOf, groupOf, type Kind } from "#src/model/kind.ts";

/** A definition of an optional kind that takes any spec and status: for tests of what comes and goes, not of what is in it. */
export function openDefinition(kind: Kind): Definition {
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
  const spec = { group, scope: "Namespaced", names, versions };
  return { metadata: { name: `${plural}.${group}` }, spec };
}
