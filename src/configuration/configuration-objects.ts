import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { ConfigurationObjects } from "./configuration-reader.ts";
import { METALLB_KINDS } from "#src/model/kind.ts";
import { type ResourceKind } from "./custom-resources.ts";
import type { ResourceObjects } from "./resource-reader.ts";

/** What a configuration is read from: a source of objects that is open. */
export interface ConfigurationSource {
  get(kind: "ConfigMap", key: string): KubeObject | undefined;
  list(kind: ResourceKind): ReadonlyMap<string, KubeObject>;
  has(kind: ResourceKind): boolean;
}

/** The objects of a source that a configuration is in: the ConfigMap of this name, and those of metallb.io of these kinds. */
export function configurationObjects(
  source: ConfigurationSource,
  configMap: { readonly namespace: string; readonly name: string },
  kinds: readonly ResourceKind[],
): ConfigurationObjects {
  const isListed = (kind: ResourceKind): boolean => kinds.includes(kind) && source.has(kind);
  const listed = METALLB_KINDS.map((kind) => [kind, isListed(kind) ? source.list(kind) : undefined]);
  return {
    configMap: source.get("ConfigMap", keyOf(configMap)),
    resources: Object.fromEntries(listed) as ResourceObjects,
  };
}
