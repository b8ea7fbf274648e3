import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { wallMs } from "#src/process/clock.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import type { RoutesInput } from "#src/view/routes-input.ts";
import { namedSecrets, servedIngresses } from "#src/view/served-ingresses.ts";
import { nginxConfigOf } from "./nginx-config-of.ts";
import { servesNamespace } from "./serves-namespace.ts";
import type { IngressScope } from "./ingresses-of-folder.ts";

/** Secrets that are asked for one by one at most; of more it is not known what is in them. */
const MAX_ASKED = 256;

/** What a cluster says of Ingresses, read once. Problems alone where Ingresses cannot be seen. */
export async function ingressesOfCluster(
  options: FindConfigOptions,
  about: IngressScope,
): Promise<Parsed<RoutesInput>> {
  const config = findApiConfig(options);
  if (!config.ok) return config;
  const lister = new ClusterLister(config.value);
  try {
    const ingresses = await lister.listIfAllowed("Ingress");
    if (ingresses === undefined) return { ok: false, problems: lister.problems };
    const [classes, policies, services, slices] = await Promise.all([
      lister.listIfAllowed("IngressClass"),
      lister.listIfAllowed("HTTPPolicy"),
      lister.listIfAllowed("Service"),
      lister.listIfAllowed("EndpointSlice"),
    ]);
    const { namespaceSelector, defaultSecret, defaultService, configMap } = about;
    const namespaces = namespaceSelector && (await lister.listIfAllowed("Namespace"));
    const scope = { ...about.scope, servesNamespace: servesNamespace(namespaceSelector, namespaces) };
    const { nginxConfig, problems: ofConfig } = nginxConfigOf(
      configMap,
      configMap === undefined ? undefined : await readNamed(lister, "ConfigMap", configMap),
    );
    const served = servedIngresses({ ingresses, classes, policies, scope, nginxConfig, defaultService });
    const named = namedSecrets(served);
    const secrets = await readSecrets(
      lister,
      new Set([...named, ...(defaultSecret === undefined ? [] : [defaultSecret])]),
    );
    const problems = [...lister.problems, ...ofConfig];
    const secretOf = (key: string): KubeObject | undefined | null =>
      secrets.get(key) ?? (secrets.has(key) ? undefined : null);
    const value = {
      nowMs: wallMs(),
      ...about,
      scope,
      ingresses,
      classes,
      policies,
      services,
      slices,
      secretOf,
      nginxConfig,
      problems,
    };
    return { ok: true, value, problems };
  } finally {
    lister.close();
  }
}

/** The object of this `namespace/name`; undefined where there is none, or it may not be read. */
async function readNamed(lister: ClusterLister, kind: "ConfigMap", key: string): Promise<KubeObject | undefined> {
  const [namespace = "", name = ""] = key.split("/");
  const list = await lister.listQuietly(kind, { namespace, fieldSelector: `metadata.name=${name}` });
  return list?.[0];
}

/** Secrets by key; undefined for one that does not exist, and no entry for one that may not be read. */
async function readSecrets(
  lister: ClusterLister,
  keys: ReadonlySet<string>,
): Promise<ReadonlyMap<string, KubeObject | undefined>> {
  const found = new Map<string, KubeObject | undefined>();
  if (keys.size === 0) return found;
  // All certificates at once, for who may: mostly they are all that is named.
  const certificates = await lister.listQuietly("Secret", { fieldSelector: "type=kubernetes.io/tls" });
  for (const object of certificates ?? [])
    if (keys.has(keyOf(object.metadata))) found.set(keyOf(object.metadata), object);
  for (const key of [...keys].filter((one) => !found.has(one)).slice(0, MAX_ASKED)) {
    const [namespace = "", name = ""] = key.split("/");
    const list = await lister.listQuietly("Secret", { namespace, fieldSelector: `metadata.name=${name}` });
    if (list !== undefined) found.set(key, list[0]);
  }
  return found;
}
