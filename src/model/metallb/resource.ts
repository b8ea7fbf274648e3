import { child, complainMissing, type Field, isUnset, readMap } from "#src/model/field.ts";
import { keyOf, type KubeObject, rootField } from "#src/model/object.ts";
import { warnOfUnknownKeys } from "#src/model/unknown-keys.ts";

/** What all objects of metallb.io have. */
export interface Resource {
  /** `namespace/name`. */
  readonly key: string;
  readonly name: string;
  /** Milliseconds since 1970; 0 where unknown. */
  readonly createdMs: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The whole object, for findings about it and others. */
  readonly root: Field;
}

/** An object of metallb.io before its `spec` is read. */
interface OpenResource {
  readonly resource: Resource;
  readonly root: Field;
  readonly spec: Field;
}

interface ResourceShape {
  /** The keys that `spec` may have. */
  readonly keys: readonly string[];
  /** Default false. */
  readonly isSpecRequired?: boolean;
}

/**
 * Opens an object of metallb.io. An API server that has the definition of the kind drops or refuses a key that is not in
 * it; in a folder such a key is ignored with a warning.
 */
export function openResource(object: KubeObject, { keys, isSpecRequired = false }: ResourceShape): OpenResource {
  const { name, createdMs, labels } = object.metadata;
  const root = rootField(object);
  const spec = child(root, "spec");
  if (!isUnset(spec)) readMap(spec);
  else if (isSpecRequired) complainMissing(spec, "Write spec");
  warnOfUnknownKeys(root, ["apiVersion", "kind", "metadata", "spec", "status"]);
  warnOfUnknownKeys(spec, keys);
  return { resource: { key: keyOf(object.metadata), name, createdMs, labels, root }, root, spec };
}
