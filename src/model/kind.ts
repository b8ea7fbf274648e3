/** The kinds Hawser reads, by their Kubernetes `kind`. */
export type Kind =
  | "ConfigMap"
  | "Service"
  | "EndpointSlice"
  | "Ingress"
  | "IngressClass"
  | "Node"
  | "Secret"
  | "Deployment"
  | "Pod"
  | "Namespace"
  | "IPAddressPool"
  | "L2Advertisement"
  | "BGPPeer"
  | "BGPAdvertisement"
  | "Community"
  | "BFDProfile"
  | "AddressPool"
  | "HTTPPolicy";

/** How Kubernetes files a kind. */
export interface KindFacts {
  readonly kind: Kind;
  /** The version we read. */
  readonly apiVersion: string;
  /** Versions that API servers no longer serve, or that are deprecated; manifests on disk still carry them, and we read them too. */
  readonly old: readonly string[];
  /** Its name in paths and in rules of RBAC: `services`. */
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** Whether clusters may be without it, because it has a definition (CustomResourceDefinition) that is installed or not. */
  readonly isOptional: boolean;
  /**
   * Whether a program that may not read the kind waits until it may, where clusters have it: what it does not know of would open what
   * objects of the kind protect.
   */
  readonly isProtecting: boolean;
  /** Whether a write to `/status` also takes metadata: then annotations cost no second write. */
  readonly statusTakesMetadata: boolean;
  /** Whether its status says which `metadata.generation` it is about; of no other kind that is read. */
  readonly statusNamesGeneration: boolean;
}

const defaults = {
  old: [],
  isNamespaced: true,
  isOptional: false,
  isProtecting: false,
  statusTakesMetadata: false,
  statusNamesGeneration: false,
} as const;
const core = { ...defaults, apiVersion: "v1" } as const;
const networking = { ...defaults, apiVersion: "networking.k8s.io/v1" } as const;
const metallb = { ...defaults, apiVersion: "metallb.io/v1beta1", isOptional: true } as const;

/** The one table of kinds. What is read of a kind's bytes is in src/source, under the same key. */
const facts: Readonly<Record<Kind, Omit<KindFacts, "kind">>> = {
  ConfigMap: { ...core, plural: "configmaps" },
  // Its strategy for status resets the spec alone.
  Service: { ...core, plural: "services", statusTakesMetadata: true },
  Secret: { ...core, plural: "secrets" },
  Pod: { ...core, plural: "pods" },
  Node: { ...core, plural: "nodes", isNamespaced: false },
  Namespace: { ...core, plural: "namespaces", isNamespaced: false },
  EndpointSlice: { ...defaults, apiVersion: "discovery.k8s.io/v1", plural: "endpointslices" },
  Ingress: {
    ...networking,
    old: ["networking.k8s.io/v1beta1", "extensions/v1beta1"],
    plural: "ingresses",
    statusTakesMetadata: true,
  },
  IngressClass: {
    ...networking,
    old: ["networking.k8s.io/v1beta1"],
    plural: "ingressclasses",
    isNamespaced: false,
  },
  Deployment: {
    ...defaults,
    apiVersion: "apps/v1",
    old: ["apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"],
    plural: "deployments",
  },
  IPAddressPool: { ...metallb, plural: "ipaddresspools" },
  L2Advertisement: { ...metallb, plural: "l2advertisements" },
  BGPPeer: { ...metallb, apiVersion: "metallb.io/v1beta2", old: ["metallb.io/v1beta1"], plural: "bgppeers" },
  BGPAdvertisement: { ...metallb, plural: "bgpadvertisements" },
  Community: { ...metallb, plural: "communities" },
  BFDProfile: { ...metallb, plural: "bfdprofiles" },
  // Of MetalLB 0.13, for those who came from its ConfigMap; read only to say what takes its place.
  AddressPool: { ...metallb, old: ["metallb.io/v1alpha1"], plural: "addresspools" },
  HTTPPolicy: {
    ...defaults,
    apiVersion: "hawser.dev/v1alpha1",
    plural: "httppolicies",
    isOptional: true,
    isProtecting: true,
    statusNamesGeneration: true,
  },
};

/** The kinds of metallb.io that are read, in this order. */
export const METALLB_KINDS = [
  "IPAddressPool",
  "L2Advertisement",
  "BGPPeer",
  "BGPAdvertisement",
  "Community",
  "BFDProfile",
  "AddressPool",
] as const satisfies readonly Kind[];

/** A kind of metallb.io that is read. */
export type MetallbKind = (typeof METALLB_KINDS)[number];

/** Whether objects of a kind can configure Hawser; an AddressPool cannot any longer. */
export function configures(kind: MetallbKind): boolean {
  return kind !== "AddressPool";
}

/** Those of them that hold no secret: a BGPPeer may have a password, and nothing is done with it yet. */
export const OPEN_METALLB_KINDS = METALLB_KINDS.filter((kind) => kind !== "BGPPeer");

/** Those of them that say what is announced by layer 2. */
export const LAYER2_KINDS = ["IPAddressPool", "L2Advertisement"] as const satisfies readonly MetallbKind[];

/** Kinds of metallb.io that MetalLB and its operator write or read for themselves: they configure nothing that Hawser does. */
const METALLB_OWN_KINDS: readonly string[] = ["ServiceL2Status", "ServiceBGPStatus", "ConfigurationState", "MetalLB"];

/** All kinds. */
export const kinds = Object.keys(facts) as readonly Kind[];

const byKind: ReadonlyMap<string, KindFacts> = new Map(
  Object.entries(facts).map(([kind, rest]) => [kind, { ...rest, kind: kind as Kind }]),
);

/** The facts about a kind. */
export function factsOf(kind: Kind): KindFacts {
  return byKind.get(kind) as KindFacts;
}

/** The facts about what is perhaps a kind; undefined for one that Hawser does not read. */
export function findFacts(kind: unknown): KindFacts | undefined {
  return typeof kind === "string" ? byKind.get(kind) : undefined;
}

/** The API group of an `apiVersion`; empty for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/** Whether it is said to be a kind of metallb.io, and is none that anything is known of: mostly a slip in its name. */
export function isUnknownMetallbKind(apiVersion: unknown, kind: string): boolean {
  if (typeof apiVersion !== "string" || groupOf(apiVersion) !== "metallb.io") return false;
  return byKind.get(kind) === undefined && !METALLB_OWN_KINDS.includes(kind);
}

const ourGroups = new Set(Object.values(facts).flatMap((kind) => [kind.apiVersion, ...kind.old].map(groupOf)));

/**
 * Whether an API group is one that our kinds come from. Elsewhere the same word is another kind: `Service` of
 * serving.knative.dev, `Ingress` of config.openshift.io.
 */
export function isOurGroup(apiVersion: string): boolean {
  return ourGroups.has(groupOf(apiVersion));
}
