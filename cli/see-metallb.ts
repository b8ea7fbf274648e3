import { METALLB_KINDS } from "#src/model/kind.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import { findMetallb, type MetallbInstallation } from "#src/migration/metallb-installation.ts";
import { rawDocuments, type RawObject, rawObjects } from "#src/migration/raw-object.ts";
import type { CheckedFile } from "./check-files.ts";
import { collectionOf, programCollections, readCollection } from "./read-collection.ts";

/** Where MetalLB is looked for in a cluster. */
interface SeeMetallbOptions extends Omit<FindConfigOptions, "env"> {
  readonly metallbNamespace: string;
}

/** MetalLB as it is found, and what of it cannot be read. */
interface SeenMetallb {
  readonly metallb: MetallbInstallation;
  readonly problems: readonly Problem[];
}

/** Finds MetalLB in files. What is wrong with these is found where they are read as manifests. */
export function findMetallbInFiles(files: readonly CheckedFile[], namespace: string): MetallbInstallation {
  const documents = files.flatMap(({ text }) => rawDocuments(text));
  return findMetallb(rawObjects(documents), namespace);
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
    const found: RawObject[] = [];
    for (const kind of METALLB_KINDS) found.push(...(await readCollection(lister, collectionOf(kind))));
    const { namespace } = findMetallb(found, metallbNamespace);
    for (const inside of [...programCollections(namespace), collectionOf("ConfigMap", namespace)])
      found.push(...(await readCollection(lister, inside)));
    return { metallb: findMetallb(found, namespace), problems: lister.problems };
  } finally {
    lister.close();
  }
}
