import type { Kind } from "#src/model/kind.ts";
import type { ObjectRef } from "#src/model/object.ts";
import { type Fields, isRecord } from "#src/model/record.ts";
import { trimEndpointSlice } from "./trim-endpoint-slice.ts";
import { trimService } from "./trim-service.ts";

/** What is watched of a kind; all of it where nothing is said. */
export interface Scope {
  readonly namespace?: string;
  /** As the API has it: `metadata.name=hawser`, `spec.type=LoadBalancer`. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

interface Resource {
  readonly apiVersion: string;
  readonly plural: string;
  /** Whether a write to `/status` also takes metadata: then annotations cost no second write. */
  readonly statusTakesMetadata: boolean;
  /** Leaves out what no program of ours reads and what is large. It may change the object, which is fresh from JSON. */
  trim?(object: Fields): Fields;
  /** Whether `metadata.managedFields` is read. */
  readonly keepsManagedFields?: boolean;
}

const core = { apiVersion: "v1", statusTakesMetadata: false } as const;
const networking = { apiVersion: "networking.k8s.io/v1", statusTakesMetadata: false } as const;

const resources: Readonly<Record<Kind, Resource>> = {
  ConfigMap: { ...core, plural: "configmaps" },
  // Its strategy for status resets the spec alone.
  Service: { ...core, plural: "services", statusTakesMetadata: true, trim: trimService },
  Secret: { ...core, plural: "secrets", trim: withoutOtherData },
  Pod: { ...core, plural: "pods" },
  Node: { ...core, plural: "nodes", trim: withoutImages },
  EndpointSlice: {
    apiVersion: "discovery.k8s.io/v1",
    plural: "endpointslices",
    statusTakesMetadata: false,
    trim: trimEndpointSlice,
  },
  Ingress: { ...networking, plural: "ingresses", statusTakesMetadata: true, keepsManagedFields: true },
  IngressClass: { ...networking, plural: "ingressclasses" },
  Deployment: { apiVersion: "apps/v1", plural: "deployments", statusTakesMetadata: false },
};

/** How the API files a kind. */
export function resourceOf(kind: Kind): Resource {
  return resources[kind];
}

/** The path of a kind's collection, in one namespace or in all. */
export function collectionPath(kind: Kind, namespace = ""): string {
  const { apiVersion, plural } = resources[kind];
  return `${groupPath(apiVersion)}${namespace === "" ? "" : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;
}

/** The path of one object. */
export function objectPath({ kind, namespace, name }: ObjectRef): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

/** The selectors of a scope as parameters of a query. */
export function selectorsOf({ fieldSelector, labelSelector }: Scope): Readonly<Record<string, string>> {
  return {
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** Of a Secret only the certificate and its key are kept in memory. */
function withoutOtherData(object: Fields): Fields {
  const data = isRecord(object["data"]) ? object["data"] : {};
  const kept = ["tls.crt", "tls.key"].filter((name) => data[name] !== undefined).map((name) => [name, data[name]]);
  return { ...object, data: Object.fromEntries(kept) as Fields };
}

/** The images on a node are most of its object. */
function withoutImages(object: Fields): Fields {
  if (!isRecord(object["status"])) return object;
  const { images: _images, nodeInfo: _nodeInfo, volumesAttached: _volumes, ...status } = object["status"];
  return { ...object, status };
}
