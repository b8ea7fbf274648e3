import type { Endpoint, EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Service, ServicePort } from "#src/model/service.ts";
import type { Backend, BackendEndpoint, ServiceBackends } from "./route-table.ts";

/** Whether an address and port are the proxy's own, so that a request sent there would come back. */
export type IsOwnEndpoint = (address: string, port: number) => boolean;

/** The backends of a Service: one for each TCP port, under its number and its name. Own endpoints are left out. */
export function backendsOf(
  service: Service,
  slices: readonly EndpointSlice[],
  isOwn: IsOwnEndpoint = () => false,
): ServiceBackends {
  const backends = new Map<string, Backend>();
  for (const port of service.ports) {
    if (port.protocol !== "TCP") continue;
    const endpoints = endpointsOf(service, port, slices).filter(({ address, port: number }) => !isOwn(address, number));
    const backend = { key: `${service.key}:${port.port}`, endpoints };
    backends.set(String(port.port), backend);
    if (port.name !== "") backends.set(port.name, backend);
  }
  return backends;
}

/**
 * The endpoints to pick from: those of the Service's first family, else of the other (a dual-stack pod counts once);
 * ready ones, and only where there are none, those that terminate but still serve (as kube-proxy does,
 * KEP-1669).
 */
function endpointsOf(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
): readonly BackendEndpoint[] {
  const first = slices.filter((slice) => slice.family === service.families[0]);
  const other = slices.filter((slice) => slice.family !== service.families[0]);
  const wanted = [({ ready }: Endpoint) => ready, ({ serving, terminating }: Endpoint) => serving && terminating];
  for (const isWanted of wanted) {
    for (const family of [first, other]) {
      const endpoints = merge(family, port, isWanted);
      if (endpoints.length > 0) return endpoints;
    }
  }
  return [];
}

function merge(
  slices: readonly EndpointSlice[],
  port: ServicePort,
  isWanted: (endpoint: Endpoint) => boolean,
): readonly BackendEndpoint[] {
  const merged = new Map<string, BackendEndpoint>();
  for (const slice of slices) {
    // A Service port and its slice port share their name; `targetPort` is already resolved there, pod by pod.
    const slicePort = slice.ports.find(({ name, protocol }) => name === port.name && protocol === "TCP");
    if (slicePort === undefined) continue;
    for (const { address, podUid } of slice.endpoints.filter(isWanted)) {
      const place = `${address} ${slicePort.port}`;
      if (!merged.has(place)) merged.set(place, { key: `${podUid ?? ""} ${place}`, address, port: slicePort.port });
    }
  }
  return [...merged.values()];
}
