import { printIp } from "#src/ip/address.ts";
import type { WantedAddress } from "#src/election/member.ts";
import type { EndpointSlice } from "#src/model/endpoints.ts";
import type { Node } from "#src/model/node.ts";
import type { Service } from "#src/model/service.ts";

/** What the speakers read from the cluster. */
export interface WantedSnapshot {
  readonly services: Iterable<Service>;
  readonly slices: Iterable<EndpointSlice>;
  /** Empty where nobody declares nodes: then every speaker may announce. */
  readonly nodes: readonly Node[];
}

/**
 * The addresses to announce and who may: every address in the status of a LoadBalancer Service, from every node that
 * is not excluded or without network; with `externalTrafficPolicy: Local` only from nodes where an endpoint serves,
 * because the others drop the traffic (Kubernetes Service API, externalTrafficPolicy). A shared address may be
 * announced only where all its Services are served.
 */
export function wantedAddresses(snapshot: WantedSnapshot): ReadonlyMap<string, WantedAddress> {
  const usable = snapshot.nodes.length === 0 ? undefined : namesOf(snapshot.nodes.filter(isUsable));
  const serving = servingNodes(snapshot.slices);
  const wanted = new Map<string, WantedAddress>();
  for (const service of snapshot.services) {
    if (service.type !== "LoadBalancer") continue;
    const local =
      service.externalTrafficPolicy === "Local" ? (serving.get(service.key) ?? new Set<string>()) : undefined;
    for (const ip of service.assignedAddresses) {
      const key = printIp(ip);
      const before = wanted.get(key);
      wanted.set(key, { ip, nodes: intersect(before === undefined ? usable : before.nodes, local) });
    }
  }
  return wanted;
}

function isUsable(node: Node): boolean {
  return !node.excluded && !node.networkUnavailable;
}

function namesOf(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(nodes.map(({ name }) => name));
}

function intersect<T>(left: ReadonlySet<T> | undefined, right: ReadonlySet<T> | undefined): ReadonlySet<T> | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left.intersection(right);
}

/** Nodes with an endpoint that can take traffic, by Service key. */
function servingNodes(slices: Iterable<EndpointSlice>): ReadonlyMap<string, Set<string>> {
  const nodes = new Map<string, Set<string>>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints) {
      if (endpoint.nodeName === undefined || !(endpoint.ready || endpoint.serving)) continue;
      nodes.set(slice.serviceKey, (nodes.get(slice.serviceKey) ?? new Set()).add(endpoint.nodeName));
    }
  }
  return nodes;
}
