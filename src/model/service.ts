import { includesIp, type Ip, parseIp, printIp } from "#src/ip/address.ts";
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
import { isDnsSubdomain } from "./name.ts";
import { keyOf, type KubeObject, rootField } from "./object.ts";
import { readPort, readPortReference } from "./port.ts";
import type { Parsed } from "./problem.ts";
import { textsOf } from "./record.ts";
import { readServiceFamilies, type ServiceFamilies } from "./service-families.ts";
import { readRequest, type ServiceRequest } from "./service-request.ts";
import { ADDRESSES_ANNOTATION, POOL_ANNOTATION, sharedTermsIn, TERMS_ANNOTATION } from "./service-status.ts";

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
  /** `appProtocol`: what is spoken there; undefined where it is left out. */
  readonly appProtocol?: string;
}

/** A Service, strictly read. */
export interface Service extends ServiceFamilies, ServiceRequest {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  /** `metadata.labels`: pools may serve only Services that these select. */
  readonly labels: Readonly<Record<string, string>>;
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** Of type ExternalName: the name, in lower case and without final dot; undefined where there is none that can be. */
  readonly externalName?: string;
  readonly ports: readonly ServicePort[];
  readonly selector: Readonly<Record<string, string>>;
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly loadBalancerClass: string | undefined;
  /** By what it shared its address when it got that, as Hawser noted it; undefined where it did not share. */
  readonly sharedTerms: string | undefined;
  /** The pools that Hawser, or MetalLB before it, assigned its addresses from; undefined where neither did. */
  readonly allocatedFrom: string | undefined;
  /** Which addresses Hawser noted that it assigned; undefined where it noted none. */
  readonly markedAddresses: readonly Ip[] | undefined;
  /** `spec.externalIPs`: addresses that a person gave it, whatever its type. */
  readonly externalIps: readonly Ip[];
  /** What status says it has now: `status.loadBalancer.ingress[].ip`, in that order. */
  readonly assignedAddresses: readonly Ip[];
  /** Addresses in its status that leave it, where the caller knows them (`withoutLeaving`): others cannot have them yet. */
  readonly leavingAddresses?: readonly Ip[];
}

/** Annotations that say which pools the addresses are from: ours, then MetalLB's two, whose Services Hawser takes over. */
const ALLOCATED_FROM = [
  POOL_ANNOTATION,
  "metallb.io/ip-allocated-from-pool",
  "metallb.universe.tf/ip-allocated-from-pool",
];

/**
 * Reads a Service (v1). A Service is not lost, nor the address it has, because its request cannot be understood:
 * see `requestProblems`. Anything else that is wrong in `spec` is.
 */
export function parseService(object: KubeObject): Parsed<Service> {
  const root = rootField(object);
  const { problems } = root;
  const spec = child(root, "spec");
  if (isUnset(spec)) complainMissing(spec, "Write spec with at least type and ports");
  else readMap(spec);
  const typeField = unlessEmpty(child(spec, "type"));
  const knownType = readChoice(typeField, ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]);
  const type = knownType ?? "ClusterIP";
  const families = readServiceFamilies(spec);
  const shape = {
    type,
    ...readExternalName(spec, type),
    ...families,
    ports: readPorts(spec, type),
    selector: readTexts(child(spec, "selector")),
    externalTrafficPolicy:
      readChoice(unlessEmpty(child(spec, "externalTrafficPolicy")), ["Cluster", "Local"]) ?? "Cluster",
    loadBalancerClass: readClass(child(spec, "loadBalancerClass")),
    externalIps: readExternalIps(spec),
  };
  const isReadable = !hasError(problems);
  const { namespace, name, createdMs, labels } = object.metadata;
  // A type that is misspelt hides no mistake in the request.
  const asker = {
    families: families.families,
    namespace,
    type: isUnset(typeField) ? type : (knownType ?? "LoadBalancer"),
  };
  const request = readRequest({ ...root, problems: [] }, asker);
  const marks = {
    // Of a Service that an older version wrote, the annotation.
    sharedTerms: sharedTermsIn(object) ?? annotationText(root, [TERMS_ANNOTATION]),
    allocatedFrom: annotationText(root, ALLOCATED_FROM),
    markedAddresses: readMarked(annotationText(root, [ADDRESSES_ANNOTATION])),
  };
  const assignedAddresses = readAssigned(root);
  if (!isReadable) return { ok: false, problems: [...problems, ...request.requestProblems] };
  const identity = { key: keyOf(object.metadata), namespace, name, createdMs, labels };
  const value = { ...identity, ...shape, ...request, ...marks, assignedAddresses };
  return { ok: true, value, problems: [...problems, ...request.requestProblems] };
}

/** Who uses such a Service says where the name cannot be. */
function readExternalName(spec: Field, type: Service["type"]): Pick<Service, "externalName"> {
  const { value } = child(spec, "externalName");
  const name = type === "ExternalName" && typeof value === "string" ? value.toLowerCase().replace(/\.$/, "") : "";
  return isDnsSubdomain(name) || parseIp(name) !== undefined ? { externalName: name } : {};
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
  const protocol = readChoice(unlessEmpty(child(field, "protocol")), ["TCP", "UDP", "SCTP"]) ?? "TCP";
  const targetPort = readPortReference(child(field, "targetPort"));
  const appProtocol = readText(child(field, "appProtocol")) ?? "";
  if (port === undefined) return undefined;
  return { name, protocol, port, targetPort: targetPort ?? port, ...(appProtocol !== "" && { appProtocol }) };
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

/** What status says: an entry that is not an address was not assigned by us, and a host name is another provider's. */
function readAssigned(root: Field): readonly Ip[] {
  const addresses = new Map<string, Ip>();
  for (const item of readList(descend(root, "status", "loadBalancer", "ingress"))) {
    const field = child(item, "ip");
    const ip = typeof field.value === "string" ? parseIp(field.value) : undefined;
    if (ip === undefined && !isUnset(field) && field.value !== "")
      complain(field, "STATUS_ADDRESS_UNREADABLE", {
        what: `Ignored ${quote(field.value)}`,
        why: "it is not an IP address",
        fix: "Remove it from the status",
        severity: "warning",
      });
    if (ip !== undefined) addresses.set(printIp(ip), ip);
  }
  return [...addresses.values()];
}

function readMarked(text: string | undefined): readonly Ip[] | undefined {
  return text?.split(",").flatMap((part) => parseIp(part.trim()) ?? []);
}

/**
 * Whether Hawser assigned the address to the Service, or MetalLB before it. MetalLB notes pools only, so each address of
 * such a Service counts as assigned, until Hawser has noted which ones are.
 */
export function wasAssigned({ markedAddresses, allocatedFrom }: Service, ip: Ip): boolean {
  if (markedAddresses === undefined) return allocatedFrom !== undefined;
  return includesIp(markedAddresses, ip);
}

/** `spec.externalIPs`: kube-proxy takes traffic to them on every node. What is not an address there is left out. */
function readExternalIps(spec: Field): readonly Ip[] {
  const list = child(spec, "externalIPs").value;
  return textsOf(list).flatMap((text) => parseIp(text) ?? []);
}

/** A text as left out where it is empty: so the API server reads fields with a default. */
function unlessEmpty(field: Field): Field {
  return field.value === "" ? { ...field, value: undefined } : field;
}

/** An API server refuses the empty class, a folder of manifests may have it: read as none, and said. */
function readClass(field: Field): string | undefined {
  if (field.value !== "") return readText(field);
  return complain(field, "FIELD_INVALID", {
    what: 'Ignored the class ""',
    why: "a class is not empty",
    fix: "Remove the field, or write the class of the provider that is to serve the Service",
    severity: "warning",
  });
}
