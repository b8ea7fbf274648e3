import type { Ip } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import type { NodeStanding, WantedAddress } from "./member.ts";
import type { Endpoint, EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { HostAddresses } from "#src/model/host-addresses.ts";
import type { Node } from "#src/model/node.ts";
import { advertised, type NodeInterfaces } from "./advertised.ts";
import type { Advertisement } from "#src/model/advertisement.ts";
import type { Pool } from "#src/model/pool.ts";
import { type Service, wasAssigned } from "#src/model/service.ts";
import { whyForbidden } from "#src/model/forbidden-address.ts";

/** What decides who may announce an address. */
export interface AddressUse {
  readonly ip: Ip;
  /** The Services that have it in their status: one, or several that share it. */
  readonly services: readonly Service[];
  /** The EndpointSlices of a Service, by its key. */
  slicesOf(serviceKey: string): Iterable<EndpointSlice>;
  /** Those of the last good configuration. */
  readonly pools: readonly Pool[];
  readonly advertisements: readonly Advertisement[];
  readonly nodes: readonly Node[];
  /** Nodes with a speaker; none where no advertisement names interfaces. */
  readonly members: readonly NodeInterfaces[];
  readonly hostAddresses: HostAddresses;
}

/**
 * An address to announce and who may: every node, unless the advertisements of its pool select some, and with `externalTrafficPolicy: Local`
 * only those where an endpoint takes traffic, because the others drop it (Kubernetes Service API). A shared address may
 * be announced only where all its Services are served.
 */
export function wantedAddress(use: AddressUse): WantedAddress {
  const { ip, services, pools } = use;
  const pool = pools.find(({ ranges }) => ranges.some((range) => rangeContains(range, ip)));
  const rules = pool === undefined ? { selected: undefined } : advertised(pool, use);
  let serving: ReadonlySet<string> | undefined;
  const terminating = new Set<string>();
  for (const service of services) {
    if (service.externalTrafficPolicy !== "Local") continue;
    const local = localNodes(use.slicesOf(service.key));
    serving = serving?.intersection(local.serving) ?? local.serving;
    for (const node of local.terminating) terminating.add(node);
  }
  // In no pool, and not assigned by Hawser: another provider's, or another machine's.
  const isOurs = pool !== undefined || services.some((service) => wasAssigned(service, ip));
  const forbidden = whyForbidden(ip, use.hostAddresses)?.reason ?? (isOurs ? undefined : "NotOurs");
  const conflict = pool?.conflict === undefined ? {} : { conflict: pool.conflict };
  return { ip, forbidden, ...rules, serving, terminating, ...conflict };
}

/**
 * Nodes where kube-proxy finds a local endpoint: a ready one; where there is none, one that is terminating and still
 * serves (KEP-1669, `conditions` of EndpointSlice).
 */
function localNodes(slices: Iterable<EndpointSlice>): { serving: ReadonlySet<string>; terminating: Iterable<string> } {
  const ready = new Set<string>();
  const terminating = new Set<string>();
  for (const { endpoints } of slices) {
    for (const endpoint of endpoints) {
      if (endpoint.nodeName === undefined) continue;
      if (endpoint.ready) ready.add(endpoint.nodeName);
      else if (servesToTheEnd(endpoint)) terminating.add(endpoint.nodeName);
    }
  }
  return { serving: ready.union(terminating), terminating: terminating.difference(ready) };
}

function servesToTheEnd({ serving, terminating }: Endpoint): boolean {
  return serving && terminating;
}

export interface StandingOptions {
  /** Nodes with the label node.kubernetes.io/exclude-from-external-load-balancers may announce as well. */
  readonly ignoresExcludeLabel: boolean;
}

/**
 * What a Node object says of its speaker. A node without network comes before one that is not wanted, and what a person asked
 * for before what the cluster believes. That it is cordoned says nothing: its kernel forwards as before.
 */
export function nodeStanding(node: Node, { ignoresExcludeLabel }: StandingOptions): NodeStanding {
  if (node.networkUnavailable) return "NetworkUnavailable";
  if (node.excluded && !ignoresExcludeLabel) return "NodeExcluded";
  if (node.draining) return "NodeDraining";
  return node.ready ? "Usable" : "NodeNotReady";
}
