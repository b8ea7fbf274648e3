import type { ResourceKind, ResourceOf } from "#src/configuration/custom-resources.ts";
import type { Configuration } from "#src/model/configuration.ts";
import type { Deployment } from "#src/model/deployment.ts";
import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Ingress, IngressClass } from "#src/model/ingress.ts";
import type { Node } from "#src/model/node.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import type { Service } from "#src/model/service.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";

/** The readable objects of a set, by kind: it grows while they are inspected. */
export interface FoundObjects {
  readonly services: Service[];
  readonly deployments: Deployment[];
  readonly slices: EndpointSlice[];
  readonly nodes: Node[];
  readonly configs: Configuration[];
  /** MetalLB's objects in its namespace. */
  readonly resources: { readonly [K in ResourceKind]: ResourceOf[K][] };
  readonly ingresses: Ingress[];
  /** Also those that are closed. */
  readonly policies: HttpPolicy[];
  /** By name. */
  readonly ingressClasses: Map<string, IngressClass>;
  /** By `namespace/name`: all Secrets, readable or not. */
  readonly secrets: Map<string, TlsSecret | undefined>;
}

/** A set of which nothing has been inspected yet. */
export function noFoundObjects(): FoundObjects {
  return {
    services: [],
    deployments: [],
    slices: [],
    nodes: [],
    configs: [],
    resources: {
      IPAddressPool: [],
      L2Advertisement: [],
      BGPPeer: [],
      BGPAdvertisement: [],
      Community: [],
      BFDProfile: [],
      AddressPool: [],
    },
    ingresses: [],
    policies: [],
    ingressClasses: new Map(),
    secrets: new Map(),
  };
}
