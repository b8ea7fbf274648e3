import type { Advertisement } from "#src/model/advertisement.ts";
import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Deployment } from "#src/model/deployment.ts";
import type { Field } from "#src/model/field.ts";
import type { Ingress, IngressClass } from "#src/model/ingress.ts";
import type { NginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import type { Kind } from "#src/model/kind.ts";
import type { MemberRecord } from "#src/model/member-record.ts";
import type { Node } from "#src/model/node.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import type { Pool, UnservedPool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";
import type { AttachedIngress } from "#src/routing/ingress/attach-policies.ts";
import type { Compat } from "#src/routing/ingress/routing-snapshot.ts";
import type { ServiceClass } from "#src/model/service-class.ts";

/** Which installation of Hawser objects are checked for: what the options of the programs say. */
export interface Installation extends ServiceClass {
  /** `namespace/name` of the ConfigMap with the pools. */
  readonly configMap: string;
  /** The namespace of MetalLB's custom resources. */
  readonly metallbNamespace: string;
  /** Ingresses of this class are Hawser's. */
  readonly ingressClass: string;
  /** Ingresses of a class of this controller are Hawser's, too. */
  readonly controllerClass: string;
  /** How the ingress compares paths. */
  readonly compat: Compat;
  /** The ingress passes TLS on unread where Ingresses ask for it; false by default. */
  readonly passesTls?: boolean;
  /** Ingresses without a class are Hawser's where no class is the default. */
  readonly takesIngressesWithoutClass: boolean;
  /** The ConfigMap (`namespace/name`) of ingress-nginx that the ingress reads. */
  readonly nginxConfigMap?: string | undefined;
  /** The Service (`namespace/name`) for requests that no rule matches. */
  readonly defaultService?: string | undefined;
  /** The Secret (`namespace/name`) of the default certificate. */
  readonly defaultSecret?: string | undefined;
  /** Replicas of the ingress can count rate limits together; by default nothing is said where they cannot. */
  readonly countsTogether?: boolean;
  /** Names of header fields, in lower case, that ConfigMaps may set in answers; by default all. */
  readonly allowedHeaders?: ReadonlySet<string> | undefined;
  /** Speakers announce from nodes with the label `node.kubernetes.io/exclude-from-external-load-balancers`, too. */
  readonly ignoresExcludeLabel: boolean;
}

/** All objects that are checked together, as far as they could be read. */
export interface CheckedSet {
  readonly installation: Installation;
  readonly services: readonly Service[];
  /** Those that Hawser serves, with the policies that are attached to them; also that of `--default-backend-service`, which is not an object. */
  readonly ingresses: readonly Ingress[];
  /** What ingress-nginx's ConfigMap says of all of them; undefined: none is named, or it is missing. */
  readonly nginxConfig: NginxConfig | undefined;
  /** What is attached to each of them. */
  readonly attached: readonly AttachedIngress[];
  readonly policies: readonly HttpPolicy[];
  readonly ingressClasses: ReadonlyMap<string, IngressClass>;
  readonly slices: readonly EndpointSlice[];
  /** By `namespace/name`: all Secrets, readable or not. */
  readonly secrets: ReadonlyMap<string, TlsSecret | undefined>;
  readonly deployments: readonly Deployment[];
  /** Undefined where there is no configuration, or none that can be used. */
  readonly pools: readonly Pool[] | undefined;
  /** Those of the configuration that Hawser does not serve. */
  readonly unserved: readonly UnservedPool[];
  readonly advertisements: readonly Advertisement[];
  readonly nodes: readonly Node[];
  /** What the speakers of a cluster say of their nodes; empty for files. */
  readonly members: readonly MemberRecord[];
  /** The kinds of the objects that Hawser does not read. */
  readonly otherKinds: ReadonlySet<string>;
  /** The keys of all objects of a kind, readable or not. */
  keysOf(kind: Kind): readonly string[];
  /** The object of a kind and key, readable or not. */
  objectOf(kind: Kind, key: string): KubeObject | undefined;
  /** The field that is the whole of an object; its Problems go to the list given. */
  rootOf(kind: Kind, key: string, problems: Field["problems"]): Field;
}
