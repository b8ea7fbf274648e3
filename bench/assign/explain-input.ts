import { parseIp, printIp } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";
import { printAddresses } from "#src/model/print-addresses.ts";
import { printAnswers } from "#src/model/reported-answers.ts";
import type { Fields } from "#src/model/record.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { namesOf } from "#bench/scale/objects.ts";

/** Nodes with a speaker, which share the addresses evenly. */
const NODES = 10;
const POOL = "10.0.0.0/15";
const NAMESPACE = "bench";
const NOW_MS = Date.parse("2026-01-01T12:00:00Z");
const SINCE = "2026-01-01T11:00:00Z";

/** The `number`th Service of `explainInput`, as `hawser explain` is asked for it. */
export function explainSubject(number: number): string {
  return `${NAMESPACE}/${namesOf("s", number).name}`;
}

/** What `hawser explain` reads of a cluster with so many Services, each with an address, an EndpointSlice and an announcement. */
export function explainInput(count: number): ExplainInput {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const members = Array.from({ length: NODES }, (_, node) => `n${node}`);
  return {
    nowMs: NOW_MS,
    namespace: "hawser-system",
    configMap: "hawser-system/hawser",
    loadBalancerClass: undefined,
    configMaps: [configMap()],
    services: numbers.map(serviceObject),
    slices: numbers.map(sliceObject),
    nodes: members.map(nodeObject),
    namespaces: [objectOf("Namespace", "", NAMESPACE, {})],
    ingresses: [],
    processes: [],
    reports: new Map(members.map((node, at) => [`speaker-${node}`, reportOf(node, { at, numbers, members })])),
    members: new Map(members.map((node, at) => [`member-${node}`, recordOf(node, at)])),
    history: new Map(),
    leases: "none",
    events: [],
    problems: [],
  };
}

function objectOf(
  kind: KubeObject["kind"],
  namespace: string,
  name: string,
  more: { readonly annotations?: Readonly<Record<string, string>>; readonly [field: string]: unknown },
): KubeObject {
  const { annotations = {}, ...rest } = more;
  const labels = kind === "EndpointSlice" ? { "kubernetes.io/service-name": namesOf("s", numberOf(name)).name } : {};
  const metadata = { namespace, name, createdMs: NOW_MS - 7_200_000, labels, annotations };
  return { apiVersion: "v1", kind, metadata, ...rest };
}

function numberOf(name: string): number {
  return Number(name.split("-")[1]);
}

function configMap(): KubeObject {
  const config = `address-pools:\n- { name: p, protocol: layer2, addresses: [${POOL}] }\n`;
  return objectOf("ConfigMap", "hawser-system", "hawser", { data: { config } });
}

function addressOf(number: number): string {
  const first = parseIp("10.0.0.0")?.value ?? 0n;
  return printIp({ family: "ipv4", value: first + BigInt(number) });
}

function serviceObject(number: number): KubeObject {
  const { name } = namesOf("s", number);
  const ip = addressOf(number);
  const condition = (type: string) => ({ type, status: "True", reason: type.slice(11), lastTransitionTime: SINCE });
  return objectOf("Service", NAMESPACE, name, {
    annotations: { "hawser.dev/ip-allocated-from-pool": "p", "hawser.dev/assigned-addresses": ip },
    spec: { type: "LoadBalancer", selector: { app: name }, ports: [{ port: 80 }], clusterIP: "10.96.0.1" },
    status: {
      loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] },
      conditions: [condition("hawser.dev/AddressAssigned"), condition("hawser.dev/Announced")],
    },
  });
}

function sliceObject(number: number): KubeObject {
  const endpoint = (at: number) => ({
    addresses: [`10.2.${at}.1`],
    nodeName: `n${at}`,
    conditions: { ready: true, serving: true, terminating: false },
  });
  return objectOf("EndpointSlice", NAMESPACE, namesOf("s", number).slice, {
    addressType: "IPv4",
    ports: [{ port: 8080 }],
    endpoints: [number, number + 1, number + 2].map((at) => endpoint(at % NODES)),
  });
}

function nodeObject(name: string, at: number): KubeObject {
  const addresses = [{ type: "InternalIP", address: `10.1.255.${at + 1}` }];
  return objectOf("Node", "", name, { status: { addresses, conditions: [{ type: "Ready", status: "True" }] } });
}

interface Sharing {
  readonly at: number;
  readonly numbers: readonly number[];
  readonly members: readonly string[];
}

function reportOf(node: string, { at, numbers, members }: Sharing): Fields {
  const own = numbers.filter((number) => number % NODES === at).flatMap((number) => parseIp(addressOf(number)) ?? []);
  const asker = parseIp("10.1.255.254");
  const answers = asker && printAnswers(own.map((ip) => ({ ip, asker, atMs: NOW_MS - 20_000 })));
  return {
    node,
    ready: true,
    standing: "Usable",
    announcing: printAddresses(own),
    reportedAt: "2026-01-01T11:59:50Z",
    members: members.map((one) => ({ node: one })),
    answers,
  };
}

function recordOf(node: string, at: number): Fields {
  const mac = `02:00:00:00:00:0${at}`;
  const interfaces = [{ name: "eth0", mac, subnets: ["10.0.0.0/8"], addresses: [] }];
  return { node, addresses: [`10.1.255.${at + 1}`], keys: [], hasNode: true, interfaces };
}
