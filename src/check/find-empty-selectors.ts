import type { Deployment } from "#src/model/deployment.ts";
import { child, complain, descend, type Field, quote } from "#src/model/field.ts";
import { nearest } from "#src/model/nearest.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Service } from "#src/model/service.ts";
import type { CheckedSet } from "./checked-set.ts";

/** Kinds whose pods Services select, and that Hawser does not read. */
const OTHER_WORKLOADS = [
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "ReplicationController",
  "Job",
  "CronJob",
  "Rollout",
];

/** Of shorter words many are two letters apart by chance: `mail` and `maps`. */
const MIN_TYPO_LENGTH = 6;

type Labels = Readonly<Record<string, string>>;

/**
 * The Services that select no pod, though a Deployment has pods with almost these labels. Only where all workloads are
 * known, and only Deployments whose pods no other Service selects: a Service is never reported beside a stranger.
 */
export function findEmptySelectors(set: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  if (OTHER_WORKLOADS.some((kind) => set.otherKinds.has(kind))) return problems;
  const byNamespace = Map.groupBy(set.services, ({ namespace }) => namespace);
  const free = set.deployments.filter(
    (deployment) => !(byNamespace.get(deployment.namespace) ?? []).some((service) => selects(service, deployment)),
  );
  const [allByNamespace, freeByNamespace] = [set.deployments, free].map((deployments) =>
    Map.groupBy(deployments, ({ namespace }) => namespace),
  );
  const selected = new Set(
    set.slices.filter(({ endpoints }) => endpoints.length > 0).map(({ serviceKey }) => serviceKey),
  );
  for (const service of set.services) {
    if (selected.has(service.key)) continue;
    const { namespace, key } = service;
    if ((allByNamespace?.get(namespace) ?? []).some((deployment) => selects(service, deployment))) continue;
    checkSelector(service, freeByNamespace?.get(namespace) ?? [], set.rootOf("Service", key, problems));
  }
  return problems;
}

function selects({ selector }: Service, { podLabels }: Deployment): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => podLabels[key] === value);
}

/** A Service that selects no pod, though a pod has labels that are almost these: a slip in one of the two. */
function checkSelector(service: Service, deployments: readonly Deployment[], root: Field): void {
  const { name, selector } = service;
  if (Object.keys(selector).length === 0) return;
  const near =
    deployments.find((one) => one.name === name && isNear(selector, one.podLabels)) ??
    deployments.find(({ podLabels }) => isNear(selector, podLabels)) ??
    deployments.find((one) => one.name === name);
  if (near === undefined) return;
  const field = descend(root, "spec", "selector");
  const differing = Object.keys(selector).find((label) => near.podLabels[label] !== selector[label]);
  const place = differing === undefined ? field.place : child(field, differing).place;
  complain({ ...field, place }, "SERVICE_SELECTS_NOTHING", {
    what: `Cannot find a pod with ${printLabels(selector)}`,
    why: `the pods of Deployment ${quote(near.key)} have ${printLabels(near.podLabels)}`,
    fix: "Make the selector and the labels of the pods the same",
    severity: "warning",
  });
}

/**
 * Whether labels are meant by a selector: each of its labels is among them, or almost, or missing; and not all are missing.
 * One with the same key and another value says that the pods are others.
 */
function isNear(selector: Labels, labels: Labels): boolean {
  const findings = Object.entries(selector).map(([key, value]) => {
    const own = labels[key];
    if (own !== undefined) return own === value || isAlmostEqual(own, value) ? "near" : "other";
    return Object.values(labels).some((label) => isAlmostEqual(label, value)) ? "near" : "missing";
  });
  return !findings.includes("other") && findings.includes("near");
}

function isAlmostEqual(one: string, other: string): boolean {
  if (one === other || contains(one, other) || contains(other, one)) return true;
  return one.length >= MIN_TYPO_LENGTH && nearest(one, [other]) !== undefined;
}

/** Short values are part of many others. */
function contains(long: string, short: string): boolean {
  return short.length >= 3 && long.includes(short);
}

function printLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
