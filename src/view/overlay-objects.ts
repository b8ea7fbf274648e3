import { METALLB_KINDS } from "#src/model/kind.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { NamedObject } from "#src/model/problem-place.ts";
import {
  ADDRESSES_ANNOTATION,
  LEAVING_ANNOTATION,
  POOL_ANNOTATION,
  RELEASE_ANNOTATION,
  TERMS_ANNOTATION,
} from "#src/model/service-status.ts";
import type { StatusInput } from "./status-input.ts";

/** What Hawser wrote on a Service, and MetalLB before it: no manifest has it, and none takes it away. */
const WRITTEN_BY_PROGRAMS: readonly string[] = [
  POOL_ANNOTATION,
  ADDRESSES_ANNOTATION,
  TERMS_ANNOTATION,
  LEAVING_ANNOTATION,
  "metallb.io/ip-allocated-from-pool",
  "metallb.universe.tf/ip-allocated-from-pool",
];

/** What is to happen to the objects of an installation. */
export interface ObjectChange {
  /** Objects that are created, or take the place of one of their name. */
  readonly applied: readonly KubeObject[];
  /** Objects that are deleted, whatever is applied; with a Namespace all that is in it. Left out: none. */
  readonly deleted?: readonly NamedObject[];
}

/** Says whether an object is deleted. */
export function deletionOf(deleted: readonly NamedObject[]): (object: KubeObject) => boolean {
  return ({ kind, metadata: { namespace, name } }) =>
    deleted.some(
      (one) =>
        (one.kind === kind && one.namespace === namespace && one.name === name) ||
        (one.kind === "Namespace" && one.name === namespace),
    );
}

/**
 * An installation as it is after these objects are applied and deleted: the ConfigMap of the configuration, MetalLB's objects, Services, Nodes and Namespaces, each
 * with the status that it has. Objects of other kinds change no plan. Of several of one name the last counts.
 */
export function overlayObjects<I extends StatusInput>(input: I, { applied, deleted = [] }: ObjectChange): I {
  const of = (kind: string) => applied.filter((object) => object.kind === kind);
  const isDeleted = deletionOf(deleted);
  // A folder takes manifests as they are; an API server takes no status from one, and gives the time.
  const asCreated = (object: KubeObject): KubeObject =>
    input.leases === "none" ? object : withoutStatus(object, input.nowMs);
  const remaining = (present: readonly KubeObject[] | undefined, objects: readonly KubeObject[]) =>
    overlay(present, objects, asCreated)?.filter((object) => !isDeleted(object));
  const configs = of("ConfigMap").filter(({ metadata }) => keyOf(metadata) === input.configMap);
  return {
    ...input,
    configMaps: remaining(input.configMaps, configs),
    services: remaining(input.services, of("Service")),
    nodes: remaining(input.nodes, of("Node")),
    namespaces: remaining(input.namespaces, of("Namespace")),
    resources: METALLB_KINDS.flatMap((kind) => {
      const present = (input.resources ?? []).filter((object) => object.kind === kind);
      return remaining(present, of(kind)) ?? [];
    }),
  };
}

function overlay(
  present: readonly KubeObject[] | undefined,
  objects: readonly KubeObject[],
  asCreated: (object: KubeObject) => KubeObject,
): readonly KubeObject[] | undefined {
  if (present === undefined) return undefined;
  const byKey = new Map(present.map((object) => [keyOf(object.metadata), object]));
  for (const object of objects) {
    const before = byKey.get(keyOf(object.metadata));
    byKey.set(keyOf(object.metadata), before === undefined ? asCreated(object) : replaced(before, object));
  }
  return [...byKey.values()];
}

function withoutStatus(object: KubeObject, createdMs: number): KubeObject {
  return { ...object, status: undefined, metadata: { ...object.metadata, createdMs } };
}

function replaced(before: KubeObject, object: KubeObject): KubeObject {
  const kept = Object.entries(before.metadata.annotations).filter(([name]) => WRITTEN_BY_PROGRAMS.includes(name));
  // A wish that a command wrote is in no manifest either; one in a manifest counts.
  const { [RELEASE_ANNOTATION]: release } = before.metadata.annotations;
  const annotations = {
    ...(release === undefined ? {} : { [RELEASE_ANNOTATION]: release }),
    ...object.metadata.annotations,
    ...Object.fromEntries(kept),
  };
  const { createdMs } = before.metadata;
  return { ...object, status: before["status"], metadata: { ...object.metadata, annotations, createdMs } };
}
