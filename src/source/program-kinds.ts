import { type Kind, LAYER2_KINDS, METALLB_KINDS, OPEN_METALLB_KINDS } from "#src/model/kind.ts";

/** The kinds of which a program reads objects: all of a kind, or those that it names (`Source.follow`). */
export interface ProgramKinds {
  /** What its source is opened for. */
  readonly opens: readonly Kind[];
  /** What it follows by name. */
  readonly follows: readonly Kind[];
  /** What its source is opened for with an option alone: rights that are granted apart. */
  readonly opensOnRequest: readonly Kind[];
  /** With an option whose right is in none of our manifests. */
  readonly opensUngranted: readonly Kind[];
}

/** What each program reads. The rights in config/ are compared with it (test/config). */
export const programKinds = {
  controller: {
    opens: ["Service", "ConfigMap", "Node", "Namespace", ...OPEN_METALLB_KINDS],
    follows: [],
    opensOnRequest: [],
    opensUngranted: [],
  },
  speaker: {
    opens: ["ConfigMap", "Service", "EndpointSlice", "Node", ...LAYER2_KINDS],
    follows: [],
    opensOnRequest: [],
    opensUngranted: [],
  },
  // The addresses of Nodes, with --publish-node-addresses; their zones, with --node. Namespaces with --watch-namespace-selector.
  ingress: {
    opens: ["Ingress", "IngressClass", "Service", "EndpointSlice", "HTTPPolicy"],
    follows: ["ConfigMap", "Secret"],
    opensOnRequest: ["Node"],
    opensUngranted: ["Namespace"],
  },
} as const satisfies Readonly<Record<string, ProgramKinds>>;

/** What the page of the controller watches, with rights that are granted apart (config/ui). */
export const PAGE_KINDS = [
  ...programKinds.controller.opens,
  "EndpointSlice",
  "Ingress",
  "IngressClass",
  "HTTPPolicy",
  "Pod",
] as const satisfies readonly Kind[];

/** The labels of the speakers' pods, as the manifests have them. */
export const SPEAKER_PODS = "app.kubernetes.io/name=hawser,app.kubernetes.io/component=speaker";

/** MetalLB's custom resources are read in its own namespace alone. */
export function resourceScopes(namespace: string): Readonly<Partial<Record<Kind, { readonly namespace: string }>>> {
  return Object.fromEntries(METALLB_KINDS.map((kind) => [kind, { namespace }]));
}
