import { type LabelSelector, matchesLabels } from "#src/model/label-selector.ts";
import type { KubeObject } from "#src/model/object.ts";

/**
 * Whether the Ingresses of a namespace are served, by the Namespaces there are: undefined ones may not be read, and none of them is
 * known to be served. Undefined where no selector says so.
 */
export function servesNamespace(
  selector: LabelSelector | undefined,
  namespaces: readonly KubeObject[] | undefined,
): ((name: string) => boolean) | undefined {
  if (selector === undefined) return undefined;
  const selected = (namespaces ?? []).filter(({ metadata }) => matchesLabels(selector, metadata.labels));
  const served = new Set(selected.map(({ metadata }) => metadata.name));
  return (name) => served.has(name);
}
