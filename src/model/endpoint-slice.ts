import { type Family, parseIp, printIp, nameOfFamily } from "#src/ip/address.ts";
import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  descend,
  type Field,
  isUnset,
  readBoolean,
  readChoice,
  readEach,
  readList,
  readText,
} from "./field.ts";
import { keyOf, type KubeObject, rootField } from "./object.ts";
import { readPort } from "./port.ts";
import type { Parsed } from "./problem.ts";
import { isRecord } from "./record.ts";

/** One address of an EndpointSlice (discovery.k8s.io/v1). */
export interface Endpoint {
  readonly address: string;
  /** `conditions.ready`; unset counts as true. */
  readonly ready: boolean;
  /** `conditions.serving`; unset counts as `ready`. */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
  /** `targetRef.uid`, else undefined: tells a reused address from the pod that had it before. */
  readonly podUid: string | undefined;
  /** `hints`: for whom the cluster means it; undefined: for every client. */
  readonly hints?: EndpointHints;
}

/** Which nodes and zones an endpoint is meant for, as the cluster says where a Service asks for near endpoints (`trafficDistribution`). */
export interface EndpointHints {
  readonly zones: readonly string[];
  readonly nodes: readonly string[];
}

interface EndpointPort {
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}

/** An EndpointSlice, strictly read. A Service's endpoints are the union of its slices. */
export interface EndpointSlice {
  readonly key: string;
  /** `namespace/name` of the Service, from the label `kubernetes.io/service-name`. */
  readonly serviceKey: string;
  readonly family: "ipv4" | "ipv6";
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
}

/** The label that ties a slice to its Service (well-known labels of Kubernetes). */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/**
 * Reads an EndpointSlice (discovery.k8s.io/v1). An endpoint or port that cannot be read is left out with a Problem; the
 * others are used. Slices of host names (`addressType: FQDN`) and slices of no Service are not.
 */
export function parseEndpointSlice(object: KubeObject): Parsed<EndpointSlice> {
  const root = rootField(object);
  const { problems } = root;
  const { metadata } = object;
  const serviceName = metadata.labels[SERVICE_NAME_LABEL] ?? "";
  if (serviceName === "")
    complain(root, "ENDPOINTS_WITHOUT_SERVICE", {
      what: "Ignored this EndpointSlice",
      why: `it has no label ${SERVICE_NAME_LABEL}`,
      fix: "Write the name of its Service in this label, if it has one",
      severity: "warning",
    });
  const typeField = child(root, "addressType");
  const addressType = readChoice(typeField, ["IPv4", "IPv6"]);
  if (isUnset(typeField)) complainMissing(typeField, "Write addressType: IPv4 or IPv6");
  const family = addressType === undefined ? undefined : addressType === "IPv4" ? "ipv4" : "ipv6";
  const endpoints = readEach(readList(child(root, "endpoints")), (field) => readEndpoint(field, family));
  const ports = readEach(readList(child(root, "ports")), readEndpointPort);
  if (serviceName === "" || family === undefined) return { ok: false, problems };
  const serviceKey = keyOf({ namespace: metadata.namespace, name: serviceName });
  return { ok: true, value: { key: keyOf(metadata), serviceKey, family, endpoints, ports }, problems };
}

/** The first address is the endpoint: the others, where there are any, lead to the same pod (API reference). */
function readEndpoint(field: Field, family: Family | undefined): Endpoint | undefined {
  const [addressField] = readList(child(field, "addresses"));
  if (addressField === undefined) return complainMissing(child(field, "addresses"), "Write the address of the pod");
  const ip = typeof addressField.value === "string" ? parseIp(addressField.value) : undefined;
  if (ip === undefined) return complainInvalid(addressField, "it is not an IP address", "Write the address of the pod");
  if (family !== undefined && ip.family !== family) {
    const why = `the slice has addressType ${nameOfFamily(family)}`;
    return complainInvalid(addressField, why, "Write it into a slice of its own type");
  }
  const conditions = child(field, "conditions");
  const ready = readBoolean(child(conditions, "ready")) ?? true;
  const nodeName = readText(child(field, "nodeName"));
  return {
    address: printIp(ip),
    ready,
    serving: readBoolean(child(conditions, "serving")) ?? ready,
    terminating: readBoolean(child(conditions, "terminating")) ?? false,
    nodeName: nodeName === "" ? undefined : nodeName,
    podUid: readText(descend(field, "targetRef", "uid")),
    ...readHints(child(field, "hints")),
  };
}

function readHints(field: Field): Pick<Endpoint, "hints"> {
  if (isUnset(field)) return {};
  const names = (key: string) => readList(child(field, key)).flatMap((one) => readText(child(one, "name")) ?? []);
  return { hints: { zones: names("forZones"), nodes: names("forNodes") } };
}

/** A port; without a number it stands for all ports, which nothing here can connect to. */
function readEndpointPort(field: Field): EndpointPort | undefined {
  if (!isRecord(field.value)) return complainInvalid(field, "it is not a map", "Write name, protocol and port");
  const port = readPort(child(field, "port"));
  const protocol = readChoice(child(field, "protocol"), ["TCP", "UDP", "SCTP"]) ?? "TCP";
  const name = readText(child(field, "name")) ?? "";
  return port === undefined ? undefined : { name, protocol, port };
}
