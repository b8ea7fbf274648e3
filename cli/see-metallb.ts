import { factsOf, type Kind, METALLB_KINDS } from "#src/model/kind.ts";
import { MAX_MANIFEST_LENGTH } from "#src/model/manifest.ts";
import type { Problem } from "#src/model/problem.ts";
import { recordOf } from "#src/model/record.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import { collectionPath } from "#src/source/kubernetes/read/collection-path.ts";
import { findMetallb, type MetallbInstallation } from "#src/migration/metallb-installation.ts";
import { type RawObject, rawObjects, readRawObject } from "#src/migration/raw-object.ts";
import type { CheckedFile } from "./check-files.ts";

/** Where MetalLB is looked for in a cluster. */
interface SeeMetallbOptions extends Omit<FindConfigOptions, "env"> {
  readonly metallbNamespace: string;
}

/** MetalLB as it is found, and what of it cannot be read. */
interface SeenMetallb {
  readonly metallb: MetallbInstallation;
  readonly problems: readonly Problem[];
}

interface Collection {
  readonly kind: string;
  readonly apiVersion: string;
  readonly path: string;
}

/** Finds MetalLB in files. What is wrong with these is found where they are read as manifests. */
export function findMetallbInFiles(files: readonly CheckedFile[], namespace: string): MetallbInstallation {
  const texts = files.flatMap(({ text }) => (text === undefined || text.length > MAX_MANIFEST_LENGTH ? [] : text));
  return findMetallb(texts.flatMap(rawObjects), namespace);
}

/** Finds MetalLB in a cluster; its resources first, because they show in which namespace it is. */
export async function seeMetallb(
  { metallbNamespace, ...options }: SeeMetallbOptions,
  { env }: Pick<ProgramIo, "env">,
): Promise<SeenMetallb> {
  const config = findApiConfig({ ...options, env });
  if (!config.ok) return { metallb: findMetallb([], metallbNamespace), problems: config.problems };
  const lister = new ClusterLister(config.value);
  try {
    const read = async ({ path, apiVersion, kind }: Collection): Promise<readonly RawObject[]> =>
      // The items of a list may be without what the list says of all of them.
      (await lister.raw(path)).flatMap((item) => readRawObject({ apiVersion, ...recordOf(item), kind }));
    const found: RawObject[] = [];
    for (const kind of METALLB_KINDS) found.push(...(await read(collectionOf(kind))));
    const { namespace } = findMetallb(found, metallbNamespace);
    for (const collection of insideOf(namespace)) found.push(...(await read(collection)));
    return { metallb: findMetallb(found, namespace), problems: lister.problems };
  } finally {
    lister.close();
  }
}

function collectionOf(kind: Kind, namespace = ""): Collection {
  return { kind, apiVersion: factsOf(kind).apiVersion, path: collectionPath(kind, namespace) };
}

/** What of MetalLB is in its namespace, besides its resources. */
function insideOf(namespace: string): readonly Collection[] {
  const deployments = collectionOf("Deployment", namespace);
  const daemonSets = {
    ...deployments,
    kind: "DaemonSet",
    path: deployments.path.replace(/deployments$/, "daemonsets"),
  };
  return [deployments, daemonSets, collectionOf("ConfigMap", namespace)];
}
