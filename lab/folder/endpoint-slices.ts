import { stringify } from "yaml";
import type { ServiceForRules, ServiceTarget } from "#lab/rack/service-rules.ts";
import type { Workload, WorkloadService, WorkloadServicePort, WrittenEndpoints } from "./workloads.ts";

/** A pod as its endpoints see it. */
export interface RunningPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly node: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly ready: boolean;
  readonly workload: Workload;
}

/** The pods that a Service's selector picks; none without a selector. Pure. */
function selectedPods(service: WorkloadService, pods: readonly RunningPod[]): RunningPod[] {
  const wanted = Object.entries(service.selector ?? {});
  if (wanted.length === 0) return [];
  return pods.filter(
    ({ namespace, workload }) =>
      namespace === service.namespace && wanted.every(([label, value]) => workload.labels[label] === value),
  );
}

/** The number behind a Service port's `targetPort`, by number or by the container port's name; undefined if no pod has it. */
function targetPortOf(port: WorkloadServicePort, pods: readonly RunningPod[]): number | undefined {
  if (typeof port.targetPort === "number") return port.targetPort;
  return pods.flatMap((pod) => pod.workload.ports).find((it) => it.name === port.targetPort)?.port;
}

/** The text of a Service's EndpointSlices (discovery.k8s.io/v1), one document for each of its families. */
export function endpointSlices(service: WorkloadService, pods: readonly RunningPod[]): string {
  const selected = selectedPods(service, pods);
  return service.families.map((family) => stringify(endpointSlice(service, selected, family))).join("---\n");
}

function endpointSlice(service: WorkloadService, pods: readonly RunningPod[], family: "IPv4" | "IPv6"): object {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${service.name}-${family.toLowerCase()}`,
      namespace: service.namespace,
      labels: { "kubernetes.io/service-name": service.name },
    },
    addressType: family,
    endpoints: pods.map((pod) => ({
      addresses: [family === "IPv4" ? pod.ipv4 : pod.ipv6],
      conditions: { ready: pod.ready, serving: pod.ready, terminating: false },
      nodeName: pod.node,
      targetRef: { kind: "Pod", name: pod.name, namespace: pod.namespace, uid: pod.uid },
    })),
    ports: service.ports.flatMap((port) => {
      const number = targetPortOf(port, pods);
      return number === undefined ? [] : [{ name: port.name, protocol: port.protocol, port: number }];
    }),
  };
}

/** What the nodes must forward for a Service with these addresses: to its ready pods, or to the endpoints written for it. */
export function rulesFor(
  service: WorkloadService,
  addresses: readonly string[],
  from: { readonly pods: readonly RunningPod[]; readonly endpoints: readonly WrittenEndpoints[] },
): ServiceForRules {
  const selected = selectedPods(service, from.pods);
  const written = from.endpoints.filter((slice) => slice.serviceKey === service.key);
  return {
    key: service.key,
    addresses,
    ports: service.ports.map((port) => ({
      protocol: port.protocol,
      port: port.port,
      targets:
        service.selector === undefined
          ? written.flatMap((slice) => writtenTargets(port, slice))
          : podTargets(port, selected),
    })),
    externalTrafficPolicy: service.externalTrafficPolicy,
    ...(service.affinitySeconds === undefined ? {} : { affinitySeconds: service.affinitySeconds }),
  };
}

function podTargets(port: WorkloadServicePort, pods: readonly RunningPod[]): ServiceTarget[] {
  const number = targetPortOf(port, pods);
  if (number === undefined) return [];
  return pods
    .filter((pod) => pod.ready)
    .flatMap(({ ipv4, ipv6, node }) => [ipv4, ipv6].map((address) => ({ address, port: number, node })));
}

function writtenTargets(port: WorkloadServicePort, slice: WrittenEndpoints): ServiceTarget[] {
  const number = slice.ports.find((it) => it.name === port.name && it.protocol === port.protocol)?.port;
  return number === undefined ? [] : slice.addresses.map(({ address, node }) => ({ address, port: number, node }));
}
