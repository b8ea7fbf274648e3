import { OPEN_METALLB_KINDS } from "#src/model/kind.ts";
import { METALLB_NAMESPACE } from "#src/model/metallb-namespace.ts";
import { type KubeObject, keyOf, type ObjectRef } from "#src/model/object.ts";
import type { Scope } from "#src/source/kubernetes/read/scope.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { wallMs } from "#src/process/clock.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import { SPEAKER_PODS } from "#src/source/program-kinds.ts";
import { configMapRef } from "#src/source/source-options.ts";
import { readSpeakerPod } from "#src/view/speaker-process.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { type ServiceClass, serviceClassOf } from "#src/model/service-class.ts";
import { COMPONENTS } from "#src/source/components.ts";

/** After these nothing else can be read either. */
const UNREACHABLE: readonly string[] = ["API_SERVER_UNREACHABLE", "API_LOGIN_FAILED"];

export interface LookAtClusterOptions extends FindConfigOptions, ServiceClass {
  readonly namespace: string;
  readonly configMap: string;
  readonly metallbNamespace: string;
  /** The Ingresses are read, too, and Namespaces that may not be read are a Problem. */
  readonly readsAll?: boolean;
}

/** Where MetalLB had its pools before its custom resources. People who look need no right to read it. */
const OLD_CONFIG_MAP = { namespace: METALLB_NAMESPACE, name: "config" } as const;

function scopeOf({ namespace, name }: Pick<ObjectRef, "namespace" | "name">): Scope {
  return { namespace, fieldSelector: `metadata.name=${name}` };
}

/** Looks at a cluster through the Kubernetes API, once. Problems alone where nothing at all can be seen. */
export async function lookAtCluster(options: LookAtClusterOptions): Promise<Parsed<ExplainInput>> {
  const { namespace, metallbNamespace } = options;
  const configMap = configMapRef(options);
  const config = findApiConfig(options);
  if (!config.ok) return config;
  const lister = new ClusterLister(config.value);
  try {
    // Those of other types may keep addresses of pools off, by their external IPs.
    const services = await lister.listIfAllowed("Service");
    if (services === undefined && lister.problems.some(isFatal)) return { ok: false, problems: lister.problems };
    const [configMaps, otherConfigMaps, nodes, slices, pods, leases, events, namespaces, ingresses, resources] =
      await Promise.all([
        lister.listIfAllowed("ConfigMap", scopeOf(configMap)),
        keyOf(configMap) === keyOf(OLD_CONFIG_MAP) ? [] : lister.listQuietly("ConfigMap", scopeOf(OLD_CONFIG_MAP)),
        lister.listIfAllowed("Node"),
        lister.listIfAllowed("EndpointSlice"),
        lister.listIfAllowed("Pod", { namespace, labelSelector: SPEAKER_PODS }),
        lister.leases(namespace, COMPONENTS),
        lister.events(COMPONENTS),
        options.readsAll === true ? lister.listIfAllowed("Namespace") : lister.listQuietly("Namespace"),
        options.readsAll === true ? lister.listIfAllowed("Ingress") : undefined,
        Promise.all(
          OPEN_METALLB_KINDS.map(async (kind) => lister.listIfAllowed(kind, { namespace: metallbNamespace })),
        ),
      ]);
    const { problems } = lister;
    const parts: readonly (readonly KubeObject[] | undefined)[] = [services, configMaps, nodes, slices, pods];
    const isBlind = parts.every((part) => part === undefined) && !leases.isKnown;
    if (isBlind) return { ok: false, problems };
    const { reports, members, history, elections } = leases.isKnown ? leases : unknownLeases;
    const processes = pods?.map(readSpeakerPod);
    const seen = {
      services,
      configMaps,
      otherConfigMaps,
      resources: resources.flatMap((objects) => objects ?? []),
      nodes,
      namespaces,
      slices,
      processes,
      reports,
      members,
      history,
      leases: elections,
      events,
      ingresses,
    };
    const about = {
      nowMs: wallMs(),
      namespace,
      configMap: keyOf(configMap),
      metallbNamespace,
      ...serviceClassOf(options),
    };
    return { ok: true, value: { ...about, problems, ...seen }, problems };
  } finally {
    lister.close();
  }
}

const unknownLeases = { reports: undefined, members: undefined, history: undefined, elections: undefined };

/** Whether nothing else can be read either: the server is not reached, or does not know the user (401). */
function isFatal({ code, why }: Problem): boolean {
  return UNREACHABLE.includes(code) || why.includes(": 401 ");
}
