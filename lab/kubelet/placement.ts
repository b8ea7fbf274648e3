import type { V1Node, V1NodeSelectorTerm, V1Pod, V1Taint, V1Toleration } from "@kubernetes/client-node";
import { leastLoaded } from "#lab/rack/least-loaded.ts";

/** A node for a pod, or why there is none. */
export type Placement = { readonly node: string } | { readonly reason: string };

/** A pod with its node. */
export interface PlacedPod {
  readonly pod: V1Pod;
  readonly node: string;
}

/**
 * The node for a pod: of those that its selectors and tolerations allow, where its ports are free, the one with the
 * fewest pods of the same owner, then with the fewest of all. Pure. `placed` are all that have a node.
 */
export function placePod(pod: V1Pod, nodes: readonly V1Node[], placed: readonly PlacedPod[]): Placement {
  const fitting = nodes.filter(
    (node) => isWanted(pod, node) && isTolerated(pod, node) && hasPortsFree(pod, node, placed),
  );
  const owner = ownerOf(pod);
  const load = (name: string): number => {
    const there = placed.filter(({ node }) => node === name);
    const siblings = owner === undefined ? 0 : there.filter((one) => ownerOf(one.pod) === owner).length;
    return siblings * 1_000 + there.length;
  };
  const names = fitting.map(nameOf).toSorted();
  const node = leastLoaded(names, load);
  return node === undefined ? { reason: `none of ${nodes.length} nodes fits` } : { node };
}

function nameOf({ metadata }: V1Node): string {
  return metadata?.name ?? "";
}

/** The controller that made it. */
function ownerOf({ metadata }: V1Pod): string | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

function isWanted({ spec }: V1Pod, node: V1Node): boolean {
  const labels = node.metadata?.labels ?? {};
  const isSelected = Object.entries(spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return isSelected && (terms === undefined || terms.some((term) => isMatch(term, node)));
}

function isMatch({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm, node: V1Node): boolean {
  const labels = node.metadata?.labels ?? {};
  const holds = (value: string | undefined, operator: string, values: readonly string[] = []): boolean => {
    if (operator === "Exists") return value !== undefined;
    if (operator === "DoesNotExist") return value === undefined;
    if (operator === "In") return value !== undefined && values.includes(value);
    if (operator === "NotIn") return value === undefined || !values.includes(value);
    return false; // Gt and Lt are not played here
  };
  return (
    matchExpressions.every(({ key, operator, values }) => holds(labels[key], operator, values)) &&
    matchFields.every(({ key, operator, values }) => key === "metadata.name" && holds(nameOf(node), operator, values))
  );
}

function isTolerated({ spec }: V1Pod, node: V1Node): boolean {
  const tolerations = spec?.tolerations ?? [];
  return (node.spec?.taints ?? [])
    .filter(({ effect }) => effect !== "PreferNoSchedule")
    .every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)));
}

function tolerates({ key, operator = "Equal", value = "", effect }: V1Toleration, taint: V1Taint): boolean {
  if (effect !== undefined && effect !== "" && effect !== taint.effect) return false;
  if (key === undefined || key === "") return operator === "Exists";
  return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
}

/** Two pods of one node cannot have the same port of it. */
function hasPortsFree(pod: V1Pod, node: V1Node, placed: readonly PlacedPod[]): boolean {
  const wanted = hostPorts(pod);
  const there = placed.filter((one) => one.node === nameOf(node));
  const taken = there.flatMap((one) => hostPorts(one.pod));
  return !wanted.some((port) => taken.includes(port));
}

function hostPorts({ spec }: V1Pod): string[] {
  return (spec?.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, protocol = "TCP" }) => (hostPort === undefined ? [] : [`${protocol} ${hostPort}`])),
  );
}
