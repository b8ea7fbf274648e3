import { stringify } from "yaml";

/** Manifests of one Ingress, whose host a.com is served by the endpoint at a port of loopback. */
export function oneHostObjects(port: number): string {
  const backend = { service: { name: "s", port: { number: 80 } } };
  return [
    { apiVersion: "v1", kind: "Service", metadata: { name: "s" }, spec: { ports: [{ port: 80 }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "s", labels: { "kubernetes.io/service-name": "s" } },
      addressType: "IPv4",
      ports: [{ name: "", port, protocol: "TCP" }],
      endpoints: [{ addresses: ["127.0.0.1"] }],
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "i" },
      spec: { rules: [{ host: "a.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] },
    },
  ]
    .map((object) => stringify(object))
    .join("---\n");
}
