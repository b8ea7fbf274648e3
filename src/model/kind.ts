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
  | "Pod";

/** How Kubernetes files a kind. */
interface KindFacts {
  /** The version we read. */
  readonly apiVersion: string;
  /** Versions that API servers no longer serve; manifests on disk still carry them, and we read them too. */
  readonly old: readonly string[];
  readonly isNamespaced: boolean;
}

const facts: Readonly<Record<Kind, KindFacts>> = {
  ConfigMap: { apiVersion: "v1", old: [], isNamespaced: true },
  Service: { apiVersion: "v1", old: [], isNamespaced: true },
  Secret: { apiVersion: "v1", old: [], isNamespaced: true },
  Pod: { apiVersion: "v1", old: [], isNamespaced: true },
  Node: { apiVersion: "v1", old: [], isNamespaced: false },
  EndpointSlice: { apiVersion: "discovery.k8s.io/v1", old: [], isNamespaced: true },
  Ingress: {
    apiVersion: "networking.k8s.io/v1",
    old: ["networking.k8s.io/v1beta1", "extensions/v1beta1"],
    isNamespaced: true,
  },
  IngressClass: { apiVersion: "networking.k8s.io/v1", old: ["networking.k8s.io/v1beta1"], isNamespaced: false },
  Deployment: {
    apiVersion: "apps/v1",
    old: ["apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"],
    isNamespaced: true,
  },
};

/** The facts about a kind; undefined for a kind that Hawser does not read. */
export function factsOf(kind: unknown): (KindFacts & { readonly kind: Kind }) | undefined {
  if (typeof kind !== "string" || !Object.hasOwn(facts, kind)) return undefined;
  return { ...facts[kind as Kind], kind: kind as Kind };
}

const ourGroups = new Set(Object.values(facts).flatMap((kind) => [kind.apiVersion, ...kind.old].map(groupOf)));

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/**
 * Whether an API group is one that our kinds come from. Elsewhere the same word is another kind: `Service` of
 * serving.knative.dev, `Ingress` of config.openshift.io.
 */
export function isOurGroup(apiVersion: string): boolean {
  return ourGroups.has(groupOf(apiVersion));
}
