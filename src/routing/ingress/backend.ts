import type { Endpoint, EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Service, ServicePort } from "#src/model/service.ts";
import { nearEndpoints, type ProgramPlace } from "./near-endpoints.ts";
import type { Backend, BackendEndpoint } from "#src/routing/route-table.ts";

/** Whether an address and port are the proxy's own, so that a request sent there would come back. */
export type IsOwnEndpoint = (address: string, port: number) => boolean;

/** What a rule calls a backend; the port by number or by name. */
export function backendKey(namespace: string, serviceName: string, port: number | string): string {
  return `${namespace}/${serviceName}:${port}`;
}

/** The keys of all backends of a Service: of each TCP port under its number and its name. */
export function backendKeysOf(service: Service): readonly string[] {
  const { namespace, name, ports } = service;
  const keys = ports.filter(({ protocol }) => protocol === "TCP").flatMap((port) => keysOf(service, port));
  return keys.length === 0 ? keys : [...keys, firstPortKey(`${namespace}/${name}`)];
}

/** Names the first TCP port of a Service in the place of a number or a name. No Ingress can write it. */
export const FIRST_PORT = "";

/** What a rule calls the first TCP port of a Service (`namespace/name`). */
export function firstPortKey(serviceKey: string): string {
  return `${serviceKey}:${FIRST_PORT}`;
}

function keysOf({ namespace, name: serviceName }: Service, { port, name }: ServicePort): readonly string[] {
  return [port, ...(name === "" ? [] : [name])].map((one) => backendKey(namespace, serviceName, one));
}

/** What the endpoints of a Service are made of. */
export interface EndpointSources {
  readonly slices: readonly EndpointSlice[];
  /** Of a Service of type ExternalName: the addresses of its name. */
  readonly addresses?: readonly string[] | undefined;
  readonly isOwn?: IsOwnEndpoint | undefined;
  /** Where this program runs, for Services whose endpoints are meant for near clients; undefined: it takes all. */
  readonly place?: ProgramPlace | undefined;
}

/** The backends of a Service by key: one for each TCP port, under its number and its name. Own endpoints are left out. */
export function backendsOf(
  service: Service,
  { slices, addresses = [], isOwn = () => false, place }: EndpointSources,
): ReadonlyMap<string, Backend> {
  const backends = new Map<string, Backend>();
  const isExternal = service.type === "ExternalName";
  const host = service.externalName ?? `${service.name}.${service.namespace}`;
  for (const port of service.ports) {
    if (port.protocol !== "TCP") continue;
    const found = isExternal ? externalEndpoints(port, addresses) : endpointsOf(service, port, { slices, place });
    const endpoints = found.filter(({ address, port: number }) => !isOwn(address, number));
    const key = backendKey(service.namespace, service.name, port.port);
    const kind = {
      ...(isSecure(port) && { isSecure: true as const }),
      ...(isHttp2(port) && { isHttp2: true as const }),
      ...(isExternal && { isExternal: true as const }),
    };
    const backend: Backend = { key, host, ...kind, ...ownAddress(service), endpoints };
    if (backends.size === 0) backends.set(firstPortKey(`${service.namespace}/${service.name}`), backend);
    for (const name of keysOf(service, port)) backends.set(name, backend);
  }
  return backends;
}

function ownAddress({ type, clusterIp }: Service): Pick<Backend, "serviceAddress"> {
  return type === "ExternalName" || clusterIp === undefined ? {} : { serviceAddress: clusterIp };
}

/** Of a Service of type ExternalName: the port as in ingress-nginx, which goes by targetPort where it is a number. */
function externalEndpoints(
  { port, targetPort }: ServicePort,
  addresses: readonly string[],
): readonly BackendEndpoint[] {
  const number = typeof targetPort === "number" ? targetPort : port;
  return addresses.map((address) => ({ key: `dns ${address} ${number}`, address, port: number }));
}

/** Whether HTTPS is spoken there. */
function isSecure({ appProtocol }: ServicePort): boolean {
  return appProtocol?.toLowerCase() === "https";
}

/** HTTP/2 without TLS: by the standard name of Kubernetes (KEP-3726), and gRPC, which nothing else carries. */
const HTTP2_PROTOCOLS: ReadonlySet<string> = new Set(["kubernetes.io/h2c", "grpc"]);

/** Whether HTTP/2 is spoken there. Others than these say more than HTTP/1.1, which is spoken all the same. */
function isHttp2({ appProtocol }: ServicePort): boolean {
  return HTTP2_PROTOCOLS.has(appProtocol?.toLowerCase() ?? "");
}

/**
 * The endpoints to pick from: those of the Service's first family, else of the other (a dual-stack pod counts once);
 * ready ones, and only where there are none, those that terminate but still serve (as kube-proxy does,
 * KEP-1669).
 */
function endpointsOf(
  service: Service,
  port: ServicePort,
  { slices, place }: Pick<EndpointSources, "slices" | "place">,
): readonly BackendEndpoint[] {
  const first = slices.filter((slice) => slice.family === service.families[0]);
  const other = slices.filter((slice) => slice.family !== service.families[0]);
  const wanted = [({ ready }: Endpoint) => ready, ({ serving, terminating }: Endpoint) => serving && terminating];
  for (const isWanted of wanted) {
    for (const family of [first, other]) {
      const ready = wanted[0] === isWanted && place !== undefined ? nearEndpoints(family, place) : family;
      const endpoints = merge(ready, port, isWanted);
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
