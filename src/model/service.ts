import { equalIps, type Ip, parseIp } from "#src/ip/address.ts";
import { annotationText } from "./annotation.ts";
import {
  child,
  complain,
  complainMissing,
  descend,
  type Field,
  hasError,
  isUnset,
  quote,
  readChoice,
  readEach,
  readList,
  readMap,
  readText,
  readTexts,
} from "./field.ts";
import { keyOf, type KubeObject, rootField } from "./object.ts";
import { readPort, readPortReference } from "./port.ts";
import type { Parsed } from "./problem.ts";
import { readServiceFamilies, type ServiceFamilies } from "./service-families.ts";
import { readRequest, type ServiceRequest } from "./service-request.ts";

export type Protocol = "TCP" | "UDP" | "SCTP";

/** One entry of `spec.ports`. */
export interface ServicePort {
  /** Empty where the only port is unnamed. */
  readonly name: string;
  readonly protocol: Protocol;
  /** 1 to 65535. */
  readonly port: number;
  /** Number, or the name of a container port; equal to `port` where left out. */
  readonly targetPort: number | string;
}

/** A Service, strictly read. */
export interface Service extends ServiceFamilies, ServiceRequest {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  readonly ports: readonly ServicePort[];
  readonly selector: Readonly<Record<string, string>>;
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly loadBalancerClass: string | undefined;
  /** From `hawser.dev/sharing-key` or MetalLB's `allow-shared-ip`; empty means no sharing. */
  readonly sharingKey: string;
  /** What status says it has now: `status.loadBalancer.ingress[].ip`, in that order. */
  readonly assignedAddresses: readonly Ip[];
}

/** Annotations that name the sharing key, the first wins: ours, then MetalLB's two. */
const SHARING_KEY = ["hawser.dev/sharing-key", "metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"];

/**
 * Reads a Service (v1). A request that cannot be understood is no reason to lose the Service, or the address it has:
 * see `requestProblems`. Anything else that is wrong in `spec` is.
 */
export function parseService(object: KubeObject): Parsed<Service> {
  const root = rootField(object);
  const { problems } = root;
  const spec = child(root, "spec");
  if (isUnset(spec)) complainMissing(spec, "Write spec with at least type and ports");
  else readMap(spec);
  const typeField = child(spec, "type");
  const knownType = readChoice(typeField, ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]);
  const type = knownType ?? "ClusterIP";
  const families = readServiceFamilies(spec);
  const shape = {
    type,
    ...families,
    ports: readPorts(spec, type),
    selector: readTexts(child(spec, "selector")),
    externalTrafficPolicy: readChoice(child(spec, "externalTrafficPolicy"), ["Cluster", "Local"]) ?? "Cluster",
    loadBalancerClass: readText(child(spec, "loadBalancerClass")),
  };
  const isReadable = !hasError(problems);
  const { namespace, name, createdMs } = object.metadata;
  // A type that is misspelt hides no mistake in the request.
  const asker = knownType === undefined && !isUnset(typeField) ? { ...shape, type: "LoadBalancer" } : shape;
  const request = readRequest({ ...root, problems: [] }, asker);
  const sharingKey = annotationText(root, SHARING_KEY) ?? "";
  const assignedAddresses = readAssigned(root);
  if (!isReadable) return { ok: false, problems: [...problems, ...request.requestProblems] };
  const identity = { key: keyOf(object.metadata), namespace, name, createdMs };
  const value = { ...identity, ...shape, ...request, sharingKey, assignedAddresses };
  return { ok: true, value, problems: [...problems, ...request.requestProblems] };
}

function readPorts(spec: Field, type: Service["type"]): readonly ServicePort[] {
  const list = child(spec, "ports");
  const entries = readList(list);
  const ports = readEach(entries, readServicePort);
  const isHeadless = child(spec, "clusterIP").value === "None";
  if (entries.length === 0 && type !== "ExternalName" && !isHeadless)
    complainMissing(list, "Write at least one entry with port");
  complainOfTwins(list, ports);
  return ports;
}

function readServicePort(field: Field): ServicePort | undefined {
  const portField = child(field, "port");
  const port = readPort(portField);
  if (isUnset(portField)) complainMissing(portField, "Write port: and a number");
  const name = readText(child(field, "name")) ?? "";
  const protocol = readChoice(child(field, "protocol"), ["TCP", "UDP", "SCTP"]) ?? "TCP";
  const targetPort = readPortReference(child(field, "targetPort"));
  return port === undefined ? undefined : { name, protocol, port, targetPort: targetPort ?? port };
}

/** No two ports of one Service may have the same name, or the same protocol and number. */
function complainOfTwins(list: Field, ports: readonly ServicePort[]): void {
  const seen = new Set<string>();
  for (const { name, protocol, port } of ports) {
    for (const word of [`the name ${quote(name)}`, `${protocol} port ${port}`]) {
      if (seen.has(word))
        complain(list, "FIELD_DUPLICATE", {
          what: `Cannot use ${word}`,
          why: "another port of this Service has it",
          fix: "Give each port its own name, and each protocol its own number",
        });
      seen.add(word);
    }
  }
}

/** What status says; an entry that is no address is none we gave, and a host name is another provider's. */
function readAssigned(root: Field): readonly Ip[] {
  const addresses: Ip[] = [];
  for (const item of readList(descend(root, "status", "loadBalancer", "ingress"))) {
    const field = child(item, "ip");
    const ip = typeof field.value === "string" ? parseIp(field.value) : undefined;
    if (ip === undefined && !isUnset(field) && field.value !== "")
      complain(field, "STATUS_ADDRESS_UNREADABLE", {
        what: `Passes over ${quote(field.value)}`,
        why: "it is no IP address",
        fix: "Remove it from the status",
        severity: "warning",
      });
    if (ip !== undefined && !addresses.some((other) => equalIps(other, ip))) addresses.push(ip);
  }
  return addresses;
}
