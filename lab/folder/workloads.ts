import { type EndpointSlice, parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { descend } from "#src/model/field.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { keyOf, type KubeObject, rootField } from "#src/model/object.ts";
import { type Parsed, printProblem } from "#src/model/problem.ts";
import { parseService, type Protocol, type Service } from "#src/model/service.ts";
import { type Deployment, parseDeployment } from "#src/model/deployment.ts";

/** A Deployment, as far as a process can play it. */
export interface Workload {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the first container; here it only decides what the page says. */
  readonly image: string;
  /** The one node it may run on (`nodeSelector` with `kubernetes.io/hostname`); undefined: any. */
  readonly node: string | undefined;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: "TCP" | "UDP" }[];
}

export interface WorkloadServicePort {
  readonly name: string;
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
  readonly targetPort: number | string;
}

/** A Service, as far as endpoints and service rules need it. */
export interface WorkloadService {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly isLoadBalancer: boolean;
  /** Undefined: its EndpointSlices are in the manifests. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly families: readonly ("IPv4" | "IPv6")[];
  readonly ports: readonly WorkloadServicePort[];
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly affinitySeconds: number | undefined;
}

/** An EndpointSlice of the manifests, flattened: ready addresses by port name. */
export interface WrittenEndpoints {
  readonly serviceKey: string;
  readonly addresses: readonly { readonly address: string; readonly node: string }[];
  readonly ports: readonly { readonly name: string; readonly protocol: "TCP" | "UDP"; readonly port: number }[];
}

export interface Workloads {
  readonly workloads: readonly Workload[];
  readonly services: readonly WorkloadService[];
  readonly endpoints: readonly WrittenEndpoints[];
}

/** Kubernetes' default for `sessionAffinityConfig.clientIP.timeoutSeconds`: three hours. */
const AFFINITY_SECONDS = 10_800;

/** A file of manifests, as read. */
export interface ManifestText {
  readonly file: string;
  readonly text: string;
}

/**
 * Takes out of manifests what the lab plays: Deployments, Services and EndpointSlices. Everything else is ignored, and
 * so is what the product itself reports as unreadable. Throws an Error for a file that contains something that is not YAML or not an object.
 */
export function readWorkloads(files: readonly ManifestText[]): Workloads {
  const objects = files.flatMap(readObjects);
  const read = <T>(kind: KubeObject["kind"], parse: (object: KubeObject) => Parsed<T>): T[] =>
    objects.flatMap((object) => {
      const parsed = object.kind === kind ? parse(object) : undefined;
      return parsed?.ok === true ? [parsed.value] : [];
    });
  const affinities = new Map(objects.map((object) => [`${object.kind} ${keyOf(object.metadata)}`, affinityOf(object)]));
  const deployments = objects.filter(({ kind }) => kind === "Deployment");
  const nodes = new Map(deployments.map((object) => [keyOf(object.metadata), nodeOf(object)]));
  return {
    workloads: read("Deployment", parseDeployment).map((one) => workloadOf(one, nodes.get(one.key))),
    services: read("Service", parseService).map((one) => serviceOf(one, affinities.get(`Service ${one.key}`))),
    endpoints: read("EndpointSlice", parseEndpointSlice).map(endpointsOf),
  };
}

function readObjects({ file, text }: ManifestText): readonly KubeObject[] {
  const { objects, problems } = parseManifests(text, file);
  const error = problems.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Error(printProblem(error));
  return objects;
}

function workloadOf(deployment: Deployment, node: string | undefined): Workload {
  const { key, namespace, name, replicas, podLabels, containers } = deployment;
  const ports = containers.flatMap((container) => container.ports).filter(isPlayed);
  return { key, namespace, name, replicas, labels: podLabels, image: containers[0]?.image ?? "", node, ports };
}

function serviceOf(service: Service, affinitySeconds: number | undefined): WorkloadService {
  const { key, namespace, name, selector, ports, externalTrafficPolicy } = service;
  return {
    key,
    namespace,
    name,
    isLoadBalancer: service.type === "LoadBalancer",
    selector: Object.keys(selector).length === 0 ? undefined : selector,
    families: service.families.map((family) => (family === "ipv4" ? "IPv4" : "IPv6")),
    ports: ports.filter(isPlayed),
    externalTrafficPolicy,
    affinitySeconds,
  };
}

/** The product does not read it: the scheduler does. */
function nodeOf(object: KubeObject): string | undefined {
  const { value } = descend(rootField(object), "spec", "template", "spec", "nodeSelector", "kubernetes.io/hostname");
  return typeof value === "string" ? value : undefined;
}

/** Seconds; undefined without `sessionAffinity: ClientIP`. The product does not read it: kube-proxy does. */
function affinityOf(object: KubeObject): number | undefined {
  const spec = descend(rootField(object), "spec");
  if (descend(spec, "sessionAffinity").value !== "ClientIP") return undefined;
  const seconds = descend(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds").value;
  return typeof seconds === "number" ? seconds : AFFINITY_SECONDS;
}

function endpointsOf({ serviceKey, endpoints, ports }: EndpointSlice): WrittenEndpoints {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return {
    serviceKey,
    addresses: ready.map(({ address, nodeName = "" }) => ({ address, node: nodeName })),
    ports: ports.filter(isPlayed),
  };
}

/** The lab plays TCP and UDP, not SCTP. */
function isPlayed<T extends { readonly protocol: Protocol }>(
  port: T,
): port is T & { readonly protocol: "TCP" | "UDP" } {
  return port.protocol !== "SCTP";
}
