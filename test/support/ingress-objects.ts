import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { PathType } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Service } from "#src/model/service.ts";

/** An Ingress with these rules: host -> path -> backend Service, all by Prefix unless the path says `=` or `~` first. */
export function ingressOf(
  name: string,
  rules: Readonly<Record<string, Readonly<Record<string, string>>>>,
  more: Partial<Ingress> = {},
): Ingress {
  return {
    key: `default/${name}`,
    namespace: "default",
    name,
    createdMs: 0,
    className: undefined,
    closed: undefined,
    defaultBackend: undefined,
    rules: Object.entries(rules).map(([host, paths]) => ({
      host,
      paths: Object.entries(paths).map(([text, serviceName]) => ({
        ...pathOf(text),
        target: { serviceName, servicePort: 80 },
        at: `rule ${host} path ${text}`,
      })),
    })),
    tls: [],
    settings: {},
    ...more,
  };
}

function pathOf(text: string): { path: string; pathType: PathType } {
  if (text.startsWith("=")) return { path: text.slice(1), pathType: "Exact" };
  if (text.startsWith("~")) return { path: text.slice(1), pathType: "ImplementationSpecific" };
  return { path: text, pathType: "Prefix" };
}

/** A ClusterIP Service with the unnamed TCP port 80. */
export function serviceOf(name: string): Service {
  return {
    key: `default/${name}`,
    namespace: "default",
    name,
    createdMs: 0,
    type: "ClusterIP",
    families: ["ipv4"],
    ipFamilyPolicy: "SingleStack",
    ports: [{ name: "", protocol: "TCP", port: 80, targetPort: 80 }],
    selector: {},
    externalTrafficPolicy: "Cluster",
    assignedAddresses: [],
    requestedAddresses: [],
    loadBalancerClass: undefined,
    requestedPool: undefined,
    addressesToRelease: [],
    sharedTerms: undefined,
    allocatedFrom: undefined,
    markedAddresses: undefined,
    externalIps: [],
    sharingKey: "",
  } as unknown as Service;
}

/** The slices of a Service whose ready endpoints are these ports of 127.0.0.1, one slice for each. */
export function slicesOf(service: string, ports: readonly number[]): readonly EndpointSlice[] {
  return ports.map((port, index) => ({
    key: `default/${service}-${index}`,
    serviceKey: `default/${service}`,
    family: "ipv4",
    ports: [{ name: "", protocol: "TCP", port }],
    endpoints: [
      {
        address: "127.0.0.1",
        ready: true,
        serving: true,
        terminating: false,
        nodeName: undefined,
        podUid: `uid-${port}`,
      },
    ],
  }));
}
