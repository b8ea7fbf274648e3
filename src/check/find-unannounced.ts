import type { Ip } from "#src/ip/address.ts";
import { cidrContains, type Cidr, parseCidr } from "#src/ip/cidr.ts";
import { type IpRange, printRange } from "#src/ip/range.ts";
import { child, complain, descend, entry, type Field, quote, readList } from "#src/model/field.ts";
import type { Advertisement } from "#src/model/advertisement.ts";
import type { Node } from "#src/model/node.ts";
import { listed } from "#src/model/listed.ts";
import { matchesLabels } from "#src/model/label-selector.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Problem } from "#src/model/problem.ts";
import { recordOf } from "#src/model/record.ts";
import type { CheckedSet } from "./checked-set.ts";
import type { PoolPlaces } from "./pool-places.ts";
import { isOurService } from "#src/model/service-class.ts";

const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";
/** Names in one message. */
const NAMES_SHOWN = 6;

/**
 * What would be announced by no node: everything, where no Node may announce; the addresses of a pool, where its selectors
 * match no such Node or the speakers' networks do not contain it; a Service with policy Local without an endpoint on one.
 * Finds nothing where the set has no Nodes.
 */
export function findUnannounced(set: CheckedSet, places: PoolPlaces): readonly Problem[] {
  const { nodes, installation, pools = [] } = set;
  if (nodes.length === 0) return [];
  const problems: Problem[] = [];
  const able = nodes.filter((node) => whyUnable(node, installation.ignoresExcludeLabel) === undefined);
  if (able.length === 0) complainOfNodes(set, problems);
  checkSelectors(set, { problems, candidates: able.length > 0 ? able : nodes, places });
  for (const pool of pools) {
    checkNetworks((range) => ({ ...places.rangeOf(pool, range), problems }), pool, set);
  }
  if (able.length > 0) checkLocalServices(set, able, problems);
  return problems;
}

type UnableReason = "excluded" | "no network";

function whyUnable({ excluded, networkUnavailable }: Node, ignoresExcludeLabel: boolean): UnableReason | undefined {
  if (excluded && !ignoresExcludeLabel) return "excluded";
  return networkUnavailable ? "no network" : undefined;
}

function complainOfNodes({ nodes, installation, rootOf }: CheckedSet, problems: Problem[]): void {
  const by = Map.groupBy(nodes, (node) => whyUnable(node, installation.ignoresExcludeLabel));
  const excluded = by.get("excluded") ?? [];
  const cutOff = by.get("no network") ?? [];
  const [first] = nodes;
  const root = rootOf("Node", first?.name ?? "", problems);
  const place = first !== undefined && excluded.includes(first) ? labelOf(root).place : conditionOf(root).place;
  complain({ ...root, place }, "NO_NODE_ANNOUNCES", {
    what: "No node announces any address",
    why: [
      ...(excluded.length === 0 ? [] : [`${names(excluded)} ${hasOrHave(excluded)} the label ${EXCLUDE_LABEL}`]),
      ...(cutOff.length === 0 ? [] : [`${names(cutOff)} ${hasOrHave(cutOff)} the condition NetworkUnavailable`]),
    ].join(", and "),
    fix:
      excluded.length > 0
        ? `Remove it with: kubectl label node NAME ${EXCLUDE_LABEL}-, or run the speakers with --ignore-exclude-lb`
        : "Look at the network plugin (CNI) of these nodes, which sets and clears that condition",
  });
}

function labelOf(root: Field): Field {
  return entry(descend(root, "metadata", "labels"), EXCLUDE_LABEL);
}

function conditionOf(root: Field): Field {
  const conditions = readList(descend(root, "status", "conditions"));
  const condition = conditions.find(({ value }) => recordOf(value)["type"] === "NetworkUnavailable");
  return condition === undefined ? root : child(condition, "status");
}

function names(nodes: readonly Node[]): string {
  const quoted = nodes.map(({ name }) => `"${name}"`);
  return `${nodes.length === 1 ? "Node" : "all Nodes"} ${listed(quoted, NAMES_SHOWN)}`;
}

function hasOrHave({ length }: readonly Node[]): string {
  return length === 1 ? "has" : "have";
}

/** Each rule by which pools are announced by no node because its selectors match none; one more rule may announce them. */
function checkSelectors(
  { advertisements, pools = [] }: CheckedSet,
  { problems, candidates, places }: { problems: Problem[]; candidates: readonly Node[]; places: PoolPlaces },
): void {
  const rules = advertisements.filter(({ kind }) => kind === "layer2");
  const isIdle = ({ nodeSelectors }: Advertisement): boolean =>
    nodeSelectors.length > 0 &&
    !candidates.some(({ labels }) => nodeSelectors.some((selector) => matchesLabels(selector, labels)));
  const idle = rules.filter(isIdle);
  if (idle.length === 0) return;
  const announced = new Set(rules.filter((rule) => !idle.includes(rule)).flatMap((rule) => rule.pools));
  const known = new Set(pools.map(({ name }) => name));
  for (const rule of idle) {
    const silent = rule.pools.filter((name) => known.has(name) && !announced.has(name));
    if (silent.length === 0) continue;
    const quoted = listed(silent.map(quote), NAMES_SHOWN);
    complain({ ...places.selectorsOf(rule), problems }, "POOL_SELECTS_NO_NODE", {
      what: `No node announces addresses of pool${silent.length === 1 ? "" : "s"} ${quoted}`,
      why: "these node selectors match no Node that may announce",
      fix: "Label a Node so that it matches, or change the selectors",
    });
  }
}

/** Addresses are announced in the networks of the speakers' interfaces, as far as these are known. */
function checkNetworks(fieldOf: (range: IpRange) => Field, pool: Pool, { members }: CheckedSet): void {
  const networks = members.flatMap(({ interfaces }) => interfaces.flatMap(({ subnets }) => subnets));
  const cidrs = [...new Set(networks)].flatMap((text) => parseCidr(text) ?? []);
  if (cidrs.length === 0) return;
  for (const range of pool.ranges) {
    if (cidrs.some((cidr) => touches(cidr, range))) continue;
    complain(fieldOf(range), "POOL_OUTSIDE_NETWORKS", {
      what: `No node announces ${printRange(range)}`,
      why: "no interface of a node that runs a speaker is in its network",
      fix: "Use addresses of the network that the nodes are in, or name interfaces with the speakers' --interfaces",
      severity: "warning",
    });
  }
}

function touches(cidr: Cidr, { family, first, last }: IpRange): boolean {
  const ends: readonly Ip[] = [
    { family, value: first },
    { family, value: last },
  ];
  return (
    ends.some((ip) => cidrContains(cidr, ip)) || (cidr.family === family && first <= cidr.base && cidr.base <= last)
  );
}

/** Only where the endpoints are known: a folder of manifests has them seldom. */
function checkLocalServices(set: CheckedSet, able: readonly Node[], problems: Problem[]): void {
  const byService = Map.groupBy(set.slices, ({ serviceKey }) => serviceKey);
  const ableNames = new Set(able.map(({ name }) => name));
  for (const service of set.services) {
    const { key, externalTrafficPolicy } = service;
    if (externalTrafficPolicy !== "Local" || !isOurService(service, set.installation)) continue;
    const endpoints = (byService.get(key) ?? []).flatMap((slice) => slice.endpoints);
    const nodes = [...new Set(endpoints.flatMap(({ nodeName }) => nodeName ?? []))];
    if (nodes.length === 0 || nodes.some((name) => ableNames.has(name))) continue;
    complain(
      child(child(set.rootOf("Service", key, problems), "spec"), "externalTrafficPolicy"),
      "SERVICE_LOCAL_UNREACHABLE",
      {
        what: "No node announces the address of this Service",
        why: `its policy is Local, and its endpoints are only on ${nodes.slice(0, NAMES_SHOWN).join(", ")}, where no address may be announced`,
        fix: "Run a pod on a node that may announce, or write externalTrafficPolicy: Cluster",
        severity: "warning",
      },
    );
  }
}
