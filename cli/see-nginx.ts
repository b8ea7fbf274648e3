import { findNginx, type NginxInstallation } from "#src/migration/ingress-nginx/nginx-installation.ts";
import { nginxOfValues, readNginxValues } from "#src/migration/ingress-nginx/nginx-values.ts";
import { rawDocuments, rawObjects, type RawObject } from "#src/migration/raw-object.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import type { CheckedFile } from "./check-files.ts";
import { type PlaceOfObject } from "./finding-of.ts";
import { collectionOf, programCollections, readCollection } from "./read-collection.ts";
import { readManifests } from "./read-manifests.ts";
import { NO_FILES } from "./see-installation.ts";

/** ingress-nginx as it is found, and the objects that Hawser would read. */
export interface SeenNginx {
  readonly nginx: NginxInstallation;
  readonly objects: readonly KubeObject[];
  /** What cannot be read. */
  readonly problems: readonly Problem[];
  readonly placeOf: PlaceOfObject;
}

/** Finds ingress-nginx in files: manifests, and values of its chart. */
export function findNginxInFiles(files: readonly CheckedFile[]): SeenNginx {
  const read = files.map((file) => {
    const documents = rawDocuments(file.text);
    return { file, documents, values: readNginxValues(documents) };
  });
  const manifests = read.filter(({ values }) => values === undefined);
  const found = findNginx(rawObjects(manifests.flatMap(({ documents }) => documents)));
  const values = read.find((one) => one.values !== undefined)?.values;
  const { objects, problems, placeOf } = readManifests(manifests.map(({ file }) => file));
  return { nginx: values === undefined ? found : nginxOfValues(values), objects, problems, placeOf };
}

/** Reads a cluster: Ingresses and their classes, and ingress-nginx with its ConfigMap. */
export async function seeNginx(options: FindConfigOptions): Promise<SeenNginx> {
  const config = findApiConfig(options);
  if (!config.ok) return { nginx: findNginx([]), objects: [], problems: config.problems, placeOf: NO_FILES };
  const lister = new ClusterLister(config.value);
  try {
    const ingresses = await lister.list("Ingress");
    const classes = lister.problems.length > 0 ? [] : await lister.list("IngressClass");
    const programs: RawObject[] = [];
    for (const collection of programCollections())
      if (lister.problems.length === 0) programs.push(...(await readCollection(lister, collection)));
    const { namespace, isSeen } = findNginx(programs);
    const inside = isSeen
      ? [
          ...(await readCollection(lister, collectionOf("ConfigMap", namespace))),
          ...(await readCollection(lister, collectionOf("Service", namespace))),
        ]
      : [];
    return {
      nginx: findNginx([...programs, ...inside]),
      objects: [...ingresses, ...classes],
      problems: lister.problems,
      placeOf: NO_FILES,
    };
  } finally {
    lister.close();
  }
}
