import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { printEndpoint } from "#src/routing/print-endpoint.ts";
import type { IsOwnEndpoint } from "./backend.ts";
import { backendTargets } from "./backend-targets.ts";
import { isDefaultIngress } from "./default-ingress.ts";

/** A Service that has the proxy itself as an endpoint. */
export interface OwnEndpoint {
  /** `namespace/name`. */
  readonly serviceKey: string;
  /** `namespace/name` of the EndpointSlice. */
  readonly sliceKey: string;
  readonly address: string;
  readonly port: number;
}

/** The first endpoint of a Service that is the proxy itself; undefined where none is. */
export function ownEndpointOf(
  serviceKey: string,
  slices: readonly EndpointSlice[],
  isOwn: IsOwnEndpoint = () => false,
): OwnEndpoint | undefined {
  for (const { key: sliceKey, endpoints, ports } of slices)
    for (const { address } of endpoints)
      for (const { port, protocol } of ports)
        if (protocol === "TCP" && isOwn(address, port)) return { serviceKey, sliceKey, address, port };
  return undefined;
}

/** Those of these endpoints to which an Ingress sends requests: any other Service may well lead to the proxy. */
export function findOwnEndpoints(found: Iterable<OwnEndpoint>, ingresses: Iterable<Ingress>): readonly Problem[] {
  const byService = new Map(Array.from(found, (one) => [one.serviceKey, one]));
  if (byService.size === 0) return [];
  const problems: Problem[] = [];
  for (const ingress of ingresses) {
    const own = backendTargets(ingress)
      .map(({ serviceKey }) => byService.get(serviceKey))
      .find((one) => one !== undefined);
    if (own === undefined) continue;
    byService.delete(own.serviceKey);
    problems.push(problemOf(own, ingress));
  }
  return problems;
}

function problemOf(own: OwnEndpoint, ingress: Ingress): Problem {
  const { sliceKey, serviceKey } = own;
  const sender = isDefaultIngress(ingress) ? "--default-backend-service" : `Ingress "${ingress.key}"`;
  return {
    code: "ENDPOINT_IS_INGRESS",
    at: objectAt("EndpointSlice", sliceKey, "endpoints"),
    what: `Cannot use the endpoint ${printEndpoint(own)}`,
    why: `it is this ingress itself, and ${sender} sends requests to Service "${serviceKey}": they would come back`,
    fix: "Take the endpoint out of the EndpointSlice, or send the requests to another Service",
    severity: "error",
  };
}
