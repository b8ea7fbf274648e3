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

/** An object as it came from a source: its identity is checked, the rest is not. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  /** Everything else: `spec`, `data`, `status`, ... of unknown shape until src/model reads it. */
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  /** Empty for objects without a namespace (Node, IngressClass); `default` where a manifest leaves it out. */
  readonly namespace: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Milliseconds since 1970; 0 where unknown. Parsed from `creationTimestamp`. */
  readonly createdMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Names one object. */
export interface ObjectRef {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or `name` alone where there is no namespace: the key of all maps of objects, and the log field. */
export function keyOf(object: { readonly namespace: string; readonly name: string }): string {
  return object.namespace === "" ? object.name : `${object.namespace}/${object.name}`;
}
