// MetalLB's objects in few words, and all kinds of them for a reader.
import { METALLB_KINDS } from "#src/model/kind.ts";
import { type CustomResources, RESOURCE_PARSERS, type ResourceKind } from "#src/configuration/custom-resources.ts";
import { resourcesByKind } from "#src/configuration/read-configuration.ts";
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

/** Objects that can be used, read. */
export function resources(...objects: readonly KubeObject[]): CustomResources {
  const all = resourcesByKind(objects);
  const read = (kind: ResourceKind): unknown[] =>
    [...(all[kind]?.values() ?? [])].map((one) => valueOf(RESOURCE_PARSERS[kind](one) as never));
  return Object.fromEntries(METALLB_KINDS.map((kind) => [kind, read(kind)])) as unknown as CustomResources;
}
