import { type RawObject, readRawObject } from "#src/migration/raw-object.ts";
import { factsOf, type Kind } from "#src/model/kind.ts";
import { recordOf } from "#src/model/record.ts";
import type { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { collectionPath } from "#src/source/kubernetes/read/collection-path.ts";

/** Objects of one kind in a cluster, in one namespace or in all, that are looked at as they are. */
interface Collection {
  readonly kind: string;
  readonly apiVersion: string;
  readonly path: string;
}

/** The objects of a kind that Hawser reads. */
export function collectionOf(kind: Kind, namespace = ""): Collection {
  return { kind, apiVersion: factsOf(kind).apiVersion, path: collectionPath(kind, namespace) };
}

/** The Deployments and DaemonSets: a program that Hawser takes the place of is one of them. */
export function programCollections(namespace = ""): readonly Collection[] {
  const deployments = collectionOf("Deployment", namespace);
  const path = deployments.path.replace(/deployments$/, "daemonsets");
  return [deployments, { ...deployments, kind: "DaemonSet", path }];
}

/** Reads a collection; what cannot be read is a Problem of the lister. */
export async function readCollection(
  lister: ClusterLister,
  { kind, apiVersion, path }: Collection,
): Promise<readonly RawObject[]> {
  // The items of a list may be without what the list says of all of them.
  return (await lister.raw(path)).flatMap((item) => readRawObject({ apiVersion, ...recordOf(item), kind }));
}
