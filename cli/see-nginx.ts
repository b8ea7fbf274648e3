import { findNginx, type NginxInstallation } from "#src/migration/ingress-nginx/nginx-installation.ts";
import { nginxOfValues, readNginxValues } from "#src/migration/ingress-nginx/nginx-values.ts";
import { rawObjects, readRawObject, type RawObject } from "#src/migration/raw-object.ts";
import { factsOf, type Kind } from "#src/model/kind.ts";
import { MAX_MANIFEST_LENGTH } from "#src/model/manifest.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { recordOf } from "#src/model/record.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import { collectionPath } from "#src/source/kubernetes/read/collection-path.ts";
import type { CheckedFile } from "./check-files.ts";
import { type PlaceOfObject } from "./finding-of.ts";
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
  const read = files.map((file) => ({ file, values: valuesIn(file) }));
  const manifests = read.filter(({ values }) => values === undefined).map(({ file }) => file);
  const found = findNginx(manifests.flatMap(({ text }) => (isReadable(text) ? rawObjects(text) : [])));
  const values = read.find((one) => one.values !== undefined)?.values;
  const { objects, problems, placeOf } = readManifests(manifests);
  return { nginx: values === undefined ? found : nginxOfValues(values), objects, problems, placeOf };
}

function valuesIn({ text }: CheckedFile) {
  return isReadable(text) ? readNginxValues(text) : undefined;
}

function isReadable(text: string | undefined): text is string {
  return text !== undefined && text.length <= MAX_MANIFEST_LENGTH;
}

/** Reads a cluster: Ingresses and their classes, and ingress-nginx with its ConfigMap. */
export async function seeNginx(options: FindConfigOptions): Promise<SeenNginx> {
  const config = findApiConfig(options);
  if (!config.ok) return { nginx: findNginx([]), objects: [], problems: config.problems, placeOf: NO_FILES };
  const lister = new ClusterLister(config.value);
  try {
    const ingresses = await lister.list("Ingress");
    const classes = lister.problems.length > 0 ? [] : await lister.list("IngressClass");
    const raw = async (kind: string, path: string, like: Kind): Promise<readonly RawObject[]> =>
      // The items of a list may be without what the list says of all of them.
      (await lister.raw(path)).flatMap((item) =>
        readRawObject({ apiVersion: factsOf(like).apiVersion, ...recordOf(item), kind }),
      );
    const all = collectionPath("Deployment");
    const deployments = lister.problems.length > 0 ? [] : await raw("Deployment", all, "Deployment");
    const daemonSets =
      lister.problems.length > 0 ? [] : await raw("DaemonSet", all.replace(/deployments$/, "daemonsets"), "Deployment");
    const programs = [...deployments, ...daemonSets];
    const { namespace, isSeen } = findNginx(programs);
    const inside = isSeen
      ? [
          ...(await raw("ConfigMap", collectionPath("ConfigMap", namespace), "ConfigMap")),
          ...(await raw("Service", collectionPath("Service", namespace), "Service")),
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
