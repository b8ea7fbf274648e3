import type { KubeObject } from "#src/model/object.ts";
import type { NamespaceLabels } from "./snapshot.ts";

/** The labels of these Namespaces, which pools may select. */
export function namespaceLabelsOf(namespaces: Iterable<KubeObject>): NamespaceLabels {
  return new Map(Array.from(namespaces, ({ metadata }) => [metadata.name, metadata.labels]));
}
