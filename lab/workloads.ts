import { parseManifests } from "#src/model/manifest.ts";
import { printProblem } from "#src/model/problem.ts";

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
  /** Undefined: its EndpointSlices are written by somebody else. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly families: readonly ("IPv4" | "IPv6")[];
  readonly ports: readonly WorkloadServicePort[];
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly affinitySeconds: number | undefined;
}

/** An EndpointSlice somebody wrote, flattened: ready addresses by port name. */
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

type Fields = Readonly<Record<string, unknown>>;

/** Kubernetes' default for `sessionAffinityConfig.clientIP.timeoutSeconds`: three hours. */
const AFFINITY_SECONDS = 10_800;

/** A file of manifests, as read. */
export interface ManifestText {
  readonly file: string;
  readonly text: string;
}

/**
 * Takes out of manifests what the lab plays: Deployments, Services and EndpointSlices; everything else is passed over.
 * Lenient about their fields, because the product itself says what is wrong with those; throws an Error for a file
 * that holds something unreadable.
 */
export function readWorkloads(files: readonly ManifestText[]): Workloads {
  const objects = files.flatMap(readObjects);
  const ofKind = (kind: string) => objects.filter((object) => object["kind"] === kind);
  return {
    workloads: ofKind("Deployment").map(readDeployment),
    services: ofKind("Service").map(readService),
    endpoints: ofKind("EndpointSlice").map(readEndpointSlice),
  };
}

function readObjects({ file, text }: ManifestText): readonly Fields[] {
  const { objects, problems } = parseManifests(text, file);
  const error = problems.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Error(printProblem(error));
  return objects;
}

function readDeployment(object: Fields): Workload {
  const spec = fields(object["spec"]);
  const template = fields(spec["template"]);
  const containers = list(fields(template["spec"])["containers"]);
  return {
    ...identity(object),
    replicas: Number(spec["replicas"] ?? 1),
    labels: strings(fields(template["metadata"])["labels"]),
    image: text(containers[0]?.["image"]),
    ports: containers
      .flatMap((container) => list(container["ports"]))
      .map((port) => ({
        name: text(port["name"]),
        port: Number(port["containerPort"]),
        protocol: protocolOf(port["protocol"]),
      })),
  };
}

function readService(object: Fields): WorkloadService {
  const spec = fields(object["spec"]);
  const affinity = fields(fields(spec["sessionAffinityConfig"])["clientIP"])["timeoutSeconds"];
  return {
    ...identity(object),
    isLoadBalancer: spec["type"] === "LoadBalancer",
    selector: spec["selector"] === undefined ? undefined : strings(spec["selector"]),
    families: familiesOf(spec),
    ports: list(spec["ports"]).map((port) => ({
      name: text(port["name"]),
      protocol: protocolOf(port["protocol"]),
      port: Number(port["port"]),
      targetPort:
        typeof port["targetPort"] === "string" ? port["targetPort"] : Number(port["targetPort"] ?? port["port"]),
    })),
    externalTrafficPolicy: spec["externalTrafficPolicy"] === "Local" ? "Local" : "Cluster",
    affinitySeconds: spec["sessionAffinity"] === "ClientIP" ? Number(affinity ?? AFFINITY_SECONDS) : undefined,
  };
}

/** As the API server would default it in a cluster with both families, IPv4 first. */
function familiesOf(spec: Fields): ("IPv4" | "IPv6")[] {
  const named = Array.isArray(spec["ipFamilies"])
    ? spec["ipFamilies"].filter((it) => it === "IPv4" || it === "IPv6")
    : [];
  const policy = text(spec["ipFamilyPolicy"]);
  const primary = named[0] ?? "IPv4";
  if (policy !== "PreferDualStack" && policy !== "RequireDualStack") return named.length > 0 ? named : [primary];
  return primary === "IPv4" ? ["IPv4", "IPv6"] : ["IPv6", "IPv4"];
}

function readEndpointSlice(object: Fields): WrittenEndpoints {
  const { namespace } = identity(object);
  const service = strings(fields(object["metadata"])["labels"])["kubernetes.io/service-name"] ?? "";
  return {
    serviceKey: `${namespace}/${service}`,
    addresses: list(object["endpoints"])
      .filter((endpoint) => fields(endpoint["conditions"])["ready"] !== false)
      .flatMap((endpoint) => {
        const [address] = Array.isArray(endpoint["addresses"]) ? endpoint["addresses"] : [];
        return typeof address === "string" ? [{ address, node: text(endpoint["nodeName"]) }] : [];
      }),
    ports: list(object["ports"]).map((port) => ({
      name: text(port["name"]),
      protocol: protocolOf(port["protocol"]),
      port: Number(port["port"]),
    })),
  };
}

function identity(object: Fields): { key: string; namespace: string; name: string } {
  const metadata = fields(object["metadata"]);
  const namespace = text(metadata["namespace"]) || "default";
  const name = text(metadata["name"]);
  return { key: `${namespace}/${name}`, namespace, name };
}

function protocolOf(value: unknown): "TCP" | "UDP" {
  return value === "UDP" ? "UDP" : "TCP";
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function strings(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(fields(value)).map(([key, it]) => [key, text(it)]));
}
