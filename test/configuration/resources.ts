// MetalLB's objects in few words, and all kinds of them for a reader.
import {
  type CustomResources,
  RESOURCE_KINDS,
  RESOURCE_PARSERS,
  type ResourceKind,
} from "#src/configuration/custom-resources.ts";
import type { ResourceObjects } from "#src/configuration/resource-reader.ts";
import type { KubeObject } from "#src/model/object.ts";
import { resource } from "#test/model/metallb/resource.ts";
import { valueOf } from "#test/model/build.ts";

/** An IPAddressPool: its addresses as YAML, and how old it is. */
export function pool(name: string, addresses: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return resource("IPAddressPool", `addresses: [${addresses}]`, { name, ...metadata });
}

/** An L2Advertisement. */
export function l2(name: string, spec?: string): KubeObject {
  return resource("L2Advertisement", spec, { name });
}

/** Objects by kind, as a cluster that has all kinds shows them. */
export function byKind(objects: readonly KubeObject[]): ResourceObjects {
  const of = (kind: ResourceKind) => objects.filter((object) => (object.kind as string) === kind);
  return Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, of(kind)])) as ResourceObjects &
    Record<string, KubeObject[]>;
}

/** Objects that can be used, read. */
export function resources(...objects: readonly KubeObject[]): CustomResources {
  const all = byKind(objects);
  const read = (kind: ResourceKind): unknown[] =>
    [...(all[kind] ?? [])].map((one) => valueOf(RESOURCE_PARSERS[kind](one) as never));
  return Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, read(kind)])) as unknown as CustomResources;
}
