import { stringify } from "yaml";
import type { Manifest } from "./filter-case.ts";

/** An Ingress of one host with one path. */
export function ingressManifest({
  name,
  host,
  service = "bench",
  path = { path: "/", pathType: "Prefix" },
  annotations = {},
  isSecure = false,
}: {
  readonly name: string;
  /** Undefined: any. */
  readonly host?: string;
  readonly service?: string;
  readonly path?: { readonly path: string; readonly pathType: string };
  /** By name without prefix. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isSecure?: boolean;
}): Manifest {
  const backend = { service: { name: service, port: { number: 80 } } };
  const prefixed = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, annotations: Object.fromEntries(prefixed) },
    spec: {
      rules: [{ ...(host !== undefined && { host }), http: { paths: [{ ...path, backend }] } }],
      ...(isSecure && { tls: [{ hosts: [host] }] }),
    },
  };
}

/** A Service without cluster address, and its endpoints on a port of these addresses. */
export function serviceManifests(name: string, addresses: readonly string[], port: number): readonly Manifest[] {
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { ports: [{ port: 80, targetPort: port }], selector: { app: name } },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "", port, protocol: "TCP" }],
      endpoints: addresses.map((address) => ({ addresses: [address] })),
    },
  ];
}

/** The text of a file with these objects. */
export function printManifests(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => stringify(manifest)).join("---\n");
}
