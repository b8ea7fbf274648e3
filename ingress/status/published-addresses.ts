import { printIp } from "#src/ip/address.ts";
import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import {
  addressesInStatus,
  type IngressAddress,
  parseIngressAddress,
  sortAddresses,
} from "#src/model/ingress-address.ts";
import type { Node } from "#src/model/node.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { textsOf } from "#src/model/record.ts";
import type { PublishSettings } from "./publish-settings.ts";

/** What the addresses that we publish are found by. */
export interface PublishSnapshot {
  readonly settings: PublishSettings;
  /** The Service in front of us, where one is named and there. */
  readonly service: KubeObject | undefined;
  /** Its slices. */
  readonly slices: readonly EndpointSlice[];
  /** By name; empty where node addresses are not asked for. */
  readonly nodes: ReadonlyMap<string, Node>;
}

/** Where clients find us; undefined while that is not known. */
export interface PublishedAddresses {
  readonly addresses: readonly IngressAddress[] | undefined;
  readonly problems: readonly Problem[];
}

/**
 * The addresses to publish: those given; else those of the nodes on which a ready endpoint of the Service is; else the
 * Service's own: of type LoadBalancer what its status says, and of every type `spec.externalIPs`. Never a ClusterIP:
 * no client outside can reach it.
 */
export function publishedAddresses(snapshot: PublishSnapshot): PublishedAddresses {
  const { settings, service, slices, nodes } = snapshot;
  if (settings.addresses.length > 0) return { addresses: sortAddresses(settings.addresses), problems: [] };
  if (settings.service === undefined) return { addresses: undefined, problems: [] };
  if (service === undefined) return { addresses: undefined, problems: [serviceMissing(settings.service)] };
  if (settings.usesNodes) {
    const found = sortAddresses([...nodesOf(slices)].flatMap((name) => addressesOfNode(nodes.get(name))));
    // No endpoint is ready for a moment, as at a start: the nodes have not changed by that.
    return { addresses: found.length === 0 ? undefined : found, problems: [] };
  }
  const spec = service["spec"] as { readonly type?: unknown; readonly externalIPs?: unknown } | undefined;
  const isBalanced = spec?.type === "LoadBalancer";
  const external = textsOf(spec?.externalIPs).flatMap((text) => parseIngressAddress(text) ?? []);
  const addresses = sortAddresses([...(isBalanced ? addressesInStatus(service) : []), ...external]);
  if (addresses.length > 0 || isBalanced) return { addresses, problems: [] };
  return { addresses: undefined, problems: [serviceUnreachable(settings.service)] };
}

function nodesOf(slices: readonly EndpointSlice[]): ReadonlySet<string> {
  const ready = slices.flatMap(({ endpoints }) => endpoints.filter(({ ready: isReady }) => isReady));
  return new Set(ready.flatMap(({ nodeName }) => nodeName ?? []));
}

/** As the world outside reaches the node: by its external addresses, where it has any. */
function addressesOfNode(node: Node | undefined): readonly IngressAddress[] {
  if (node === undefined) return [];
  const { externalAddresses, internalAddresses } = node;
  const used = externalAddresses.length > 0 ? externalAddresses : internalAddresses;
  return used.map((ip) => ({ ip: printIp(ip) }));
}

function serviceMissing(key: string): Problem {
  return {
    code: "PUBLISH_SERVICE_MISSING",
    at: objectAt("Service", key),
    what: "Cannot publish addresses of Ingresses",
    why: "the Service does not exist",
    fix: "Create it, or fix --publish-service; until then statuses stay as they are",
    severity: "error",
  };
}

function serviceUnreachable(key: string): Problem {
  return {
    code: "PUBLISH_SERVICE_UNREACHABLE",
    at: objectAt("Service", key),
    what: "Cannot publish addresses of Ingresses",
    why: "it is not of type LoadBalancer and has no externalIPs: it has no address outside the cluster",
    fix: "Give --publish-node-addresses, or --publish-status-address with the address in front of the nodes",
    severity: "error",
  };
}
