import { globSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { HISTORY_REPORT, type HoldingChange } from "#src/model/address-history.ts";
import { METALLB_KINDS } from "#src/model/kind.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Fields } from "#src/model/record.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import type { EventView } from "#src/view/status-input.ts";

/** Where the cases are. */
export const explainFolder = new URL("../golden/explain/", import.meta.url);
/** The names of all cases. */
export const explainCases = globSync("*.in.yaml", { cwd: explainFolder }).sort();
const nowMs = Date.parse("2026-11-28T12:00:00Z");
const nodes = ["n1", "n2", "n3"];

/** The first document of a case, and of the base: what is not an object. */
interface Head {
  readonly subject: string;
  /** Of the base: `Service shop/web`. */
  readonly without?: readonly string[];
  /** By node, over those of the base. */
  readonly reports?: Readonly<Record<string, Fields>>;
  readonly members?: Readonly<Record<string, Fields>>;
  /** Nodes whose pod runs; of `crashing` ones it does not. */
  readonly pods?: readonly string[];
  readonly crashing?: readonly string[];
  /** Default: true. */
  readonly leads?: boolean;
  readonly events?: readonly EventView[];
  /** Of addresses, the latest first. */
  readonly history?: readonly HoldingChange[];
  readonly problems?: readonly Problem[];
  /** Parts that may not be read. */
  readonly unread?: readonly (keyof ExplainInput)[];
}

/** What a case is about, and its objects. */
export function readExplainCase(name: string): { readonly head: Head; readonly objects: readonly KubeObject[] } {
  const [head = "", ...documents] = readFileSync(new URL(name, explainFolder), "utf8").split(/^---$/m);
  return { head: parse(head) as Head, objects: parseManifests(documents.join("---"), name).objects };
}

const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${keyOf(metadata)}`;

/** The installation of a case. */
export function explainCase(name: string): ExplainInput {
  const [base, own] = [readExplainCase("base.yaml"), readExplainCase(name)];
  const head = { ...base.head, ...own.head };
  const objects = new Map([...base.objects, ...own.objects].map((one) => [nameOf(one), one]));
  for (const one of own.head.without ?? []) objects.delete(one);
  const of = (kind: string) => [...objects.values()].filter((one) => one.kind === kind);
  const report = (node: string): [string, Fields] => {
    const changed = { ...base.head.reports?.[node], ...own.head.reports?.[node] };
    const shared = { node, ready: true, standing: "Usable", announcing: [], reportedAt: "2026-11-28T11:59:00.000Z" };
    return [`speaker-${node}`, { ...shared, members: nodes.map((one) => ({ node: one })), ...changed }];
  };
  const member = (node: string): [string, Fields] => {
    const mac = `02:00:00:00:00:0${node.slice(1)}`;
    const interfaces = [{ name: "eth0", mac, subnets: ["192.0.2.0/24"], addresses: [] }];
    const shared = { node, addresses: [`192.0.2.24${node.slice(1)}`], keys: [], hasNode: true, interfaces };
    return [`member-${node}`, { ...shared, ...own.head.members?.[node] }];
  };
  const processes = (head.pods ?? []).map((node) => {
    const isRunning = head.crashing?.includes(node) !== true;
    return {
      node,
      isRunning,
      isReady: isRunning,
      waitsFor: isRunning ? "" : "CrashLoopBackOff",
      runsSinceMs: undefined,
    };
  });
  const isOurs = ({ metadata }: KubeObject): boolean => keyOf(metadata) === "hawser-system/hawser";
  const renewedMs = nowMs - (head.leads === false ? 3_600_000 : 2_000);
  const input: ExplainInput = {
    nowMs,
    namespace: "hawser-system",
    configMap: "hawser-system/hawser",
    loadBalancerClass: undefined,
    configMaps: of("ConfigMap").filter(isOurs),
    otherConfigMaps: of("ConfigMap").filter((one) => !isOurs(one)),
    resources: METALLB_KINDS.flatMap(of),
    services: of("Service"),
    slices: of("EndpointSlice"),
    nodes: of("Node"),
    namespaces: of("Namespace"),
    ingresses: of("Ingress"),
    processes,
    reports: new Map(nodes.map(report)),
    members: new Map(nodes.map(member)),
    history: new Map([[HISTORY_REPORT, { holdings: head.history ?? [], announcements: [] }]]),
    leases: new Map([["hawser-controller", { holder: "c1", durationMs: 10_000, renewedMs }]]),
    events: head.events ?? [],
    problems: head.problems ?? [],
  };
  return { ...input, ...Object.fromEntries((head.unread ?? []).map((part) => [part, undefined])) };
}
