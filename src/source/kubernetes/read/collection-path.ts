import { factsOf, type Kind } from "#src/model/kind.ts";
import type { ObjectRef } from "#src/model/object.ts";

/** The path of a kind's collection, in one namespace or in all. */
export function collectionPath(kind: Kind, namespace = ""): string {
  const { apiVersion, plural } = factsOf(kind);
  return `${groupPath(apiVersion)}${namespace === "" ? "" : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;
}

/** The path of one object. */
export function objectPath({ kind, namespace, name }: ObjectRef): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
