/** The objects of a cluster of that size, as large as they are in the field. */

/** Where the addresses come from: the range for benchmarks (RFC 2544), 131,072 of them. */
export const POOL = "198.18.0.0/15";
/** Images that a kubelet reports of its node, at most 50 by default. */
const IMAGES = 30;
/** Endpoints of each Service. */
const ENDPOINTS = 3;

/** The `number`th address, from 0, of those that Services ask for: the upper half of the pool. */
export function requestedAddress(number: number): string {
  return `198.19.${(number >> 8) & 255}.${number & 255}`;
}

/** The name of the `number`th Service, and of its EndpointSlice. */
export function namesOf(prefix: string, number: number): { readonly name: string; readonly slice: string } {
  const name = `${prefix}-${number}`;
  return { name, slice: `${name}-abc12` };
}

export function nodeObject(name: string, address: string): object {
  const images = Array.from({ length: IMAGES }, (_, at) => ({
    names: [`registry.example.com/team/program-${at}@sha256:${String(at).padStart(64, "0")}`, `program-${at}:v1.2.3`],
    sizeBytes: 50_000_000 + at,
  }));
  const conditions = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"].map((type) => ({
    type,
    status: type === "Ready" ? "True" : "False",
    reason: `Kubelet${type}`,
    message: "as the kubelet says",
    lastHeartbeatTime: "2026-01-01T00:00:00Z",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  }));
  const addresses = [
    { type: "InternalIP", address },
    { type: "Hostname", address: name },
  ];
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" } },
    status: { addresses, conditions, images, capacity: { cpu: "8", memory: "32Gi", pods: "110" } },
  };
}

/** A Service as `kubectl apply` leaves it; it asks for the address where one is given. */
export function serviceObject(name: string, ip: string | undefined): object {
  const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "bench" };
  const spec = {
    type: "LoadBalancer",
    // A cluster has 2,768 node ports by default.
    allocateLoadBalancerNodePorts: false,
    ports: [
      { name: "http", port: 80, targetPort: 8080 },
      { name: "https", port: 443, targetPort: 8443 },
    ],
    ...(ip === undefined ? {} : { loadBalancerIP: ip }),
  };
  const applied = JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name, labels }, spec });
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": `${applied}\n` };
  return { metadata: { name, labels, annotations }, spec };
}

/** As the endpointslice controller makes it for a Service with three ready pods. */
export function sliceObject(name: string, service: string): object {
  const endpoints = Array.from({ length: ENDPOINTS }, (_, at) => ({
    addresses: [`198.51.100.${at + 1}`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `n${at + 1}`,
    targetRef: { kind: "Pod", namespace: "bench", name: `${service}-6d4cf56db6-${at}`, uid: `0000-${at}` },
  }));
  const labels = { "kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "bench" };
  const ports = [
    { name: "http", port: 8080, protocol: "TCP" },
    { name: "https", port: 8443, protocol: "TCP" },
  ];
  return { metadata: { name, labels }, addressType: "IPv4", endpoints, ports };
}

/** The least that has to be written to a Service that gets an address. */
export function addressPatch(number: number): object {
  const ip = `198.18.${(number >> 8) & 255}.${number & 255}`;
  return { status: { loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } } };
}

/** An Event that says so. */
export function eventObject(namespace: string, name: string): object {
  const time = "2026-01-01T00:00:00Z";
  return {
    metadata: { name: `${name}.assigned`, namespace },
    involvedObject: { apiVersion: "v1", kind: "Service", namespace, name },
    type: "Normal",
    reason: "AddressAssigned",
    message: "The Service has an address.",
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component: "bench" },
  };
}
