import type { Configuration } from "#src/model/configuration.ts";
import type { Deployment } from "#src/model/deployment.ts";
import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Ingress, IngressClass } from "#src/model/ingress.ts";
import type { Node } from "#src/model/node.ts";
import type { Service } from "#src/model/service.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";

/** The readable objects of a set, by kind: it grows while they are inspected. */
export interface FoundObjects {
  readonly services: Service[];
  readonly deployments: Deployment[];
  readonly slices: EndpointSlice[];
  readonly nodes: Node[];
  readonly configs: Configuration[];
  readonly ingresses: Ingress[];
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
    ingresses: [],
    ingressClasses: new Map(),
    secrets: new Map(),
  };
}
