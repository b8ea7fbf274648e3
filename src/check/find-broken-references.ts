import type { Deployment } from "#src/model/deployment.ts";
import { child, complain, descend, type Field, quote, readList } from "#src/model/field.ts";
import type { IngressBackend } from "#src/model/ingress-backend.ts";
import { isClosed } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { nearest } from "#src/model/nearest.ts";
import type { Problem } from "#src/model/problem.ts";
import { textOf } from "#src/model/record.ts";
import type { Service } from "#src/model/service.ts";
import type { Place } from "#src/model/written-yaml.ts";
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

/**
 * What objects name and is not among them, as warnings: it may come from elsewhere. Where there is no Service at all,
 * the set is a part of something larger, and nothing is reported as missing.
 */
export function findBrokenReferences(set: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  if (set.services.length === 0) return problems;
  for (const ingress of set.ingresses) {
    const root = set.rootOf("Ingress", ingress.key, problems);
    const places = backendPlaces(root);
    for (const [path, backend] of backendsOf(ingress))
      checkBackend({ ...root, path, place: places.get(path) ?? root.place }, ingress, backend, set);
    for (const [index, field] of readList({ ...descend(root, "spec", "tls"), problems: [] }).entries()) {
      const { value } = child(field, "secretName");
      const { place } = child(field, "secretName");
      if (typeof value === "string" && value !== "")
        checkSecret({ ...root, path: `spec.tls[${index}]`, place }, `${ingress.namespace}/${value}`, set);
    }
  }
  checkSelectors(set, problems);
  return problems;
}

/** Where the backends of an Ingress are written, by what `backendsOf` calls them. */
function backendPlaces(root: Field): ReadonlyMap<string, Place | undefined> {
  const places = new Map([["default backend", descend(root, "spec", "defaultBackend").place]]);
  for (const rule of readList({ ...descend(root, "spec", "rules"), problems: [] })) {
    const host = textOf(child(rule, "host").value).toLowerCase();
    for (const entry of readList(descend(rule, "http", "paths"))) {
      const path = textOf(child(entry, "path").value);
      places.set(`${host === "" ? "*" : host}${path === "" ? "/" : path}`, child(entry, "backend").place);
    }
  }
  return places;
}

/** Each backend once, with the place that names it. */
function backendsOf(ingress: Ingress): ReadonlyMap<string, IngressBackend> {
  const backends = new Map<string, IngressBackend>();
  const { defaultBackend, rules } = ingress;
  if (defaultBackend !== undefined && !isClosed(defaultBackend)) backends.set("default backend", defaultBackend);
  for (const { host, paths } of rules)
    for (const { path, target } of paths)
      if (!isClosed(target)) backends.set(`${host === "" ? "*" : host}${path}`, target);
  return backends;
}

function checkBackend(
  field: Field,
  { namespace }: Ingress,
  { serviceName, servicePort }: IngressBackend,
  { services, objectOf }: CheckedSet,
): void {
  const key = `${namespace}/${serviceName}`;
  const service = services.find((one) => one.key === key);
  // One that cannot be read has Problems of its own.
  if (service === undefined && objectOf("Service", key) !== undefined) return;
  const what = `Cannot find ${service === undefined ? "" : `port ${quote(servicePort)} of `}Service ${quote(key)}`;
  const severity = "warning";
  if (service === undefined) {
    const elsewhere = services.find(({ name }) => name === serviceName);
    const why = elsewhere === undefined ? "it does not exist here" : `${quote(elsewhere.key)} is in another namespace`;
    const fix = "Add the Service, or fix its name or namespace";
    complain(field, "INGRESS_SERVICE_MISSING", { what, why, fix, severity });
    return;
  }
  const has = service.ports.some(({ port, name }) => port === servicePort || (name !== "" && name === servicePort));
  if (has || service.type === "ExternalName") return;
  const ports = service.ports.map(({ port, name }) => (name === "" ? `${port}` : `${port} (${name})`)).join(", ");
  const target = service.ports.find(({ targetPort }) => targetPort === servicePort);
  complain(field, "INGRESS_PORT_MISSING", {
    what,
    why:
      target === undefined
        ? `it has ${ports === "" ? "no ports" : `only ${ports}`}`
        : `that is the targetPort of its port ${target.port}`,
    fix:
      target === undefined
        ? ports === ""
          ? "Add the port to the Service"
          : "Write one of these"
        : `Write ${target.port}`,
    severity,
  });
}

function checkSecret(field: Field, key: string, { secrets }: CheckedSet): void {
  if (secrets.has(key)) return;
  complain(field, "INGRESS_SECRET_MISSING", {
    what: `Cannot find Secret ${quote(key)}`,
    why: "it does not exist here",
    fix: "Add the Secret; until then the default certificate is served",
    severity: "warning",
  });
}

type Labels = Readonly<Record<string, string>>;

/** Only where all workloads are known: a Service may select the pods of another one. */
function checkSelectors(set: CheckedSet, problems: Problem[]): void {
  if (OTHER_WORKLOADS.some((kind) => set.otherKinds.has(kind))) return;
  const byNamespace = Map.groupBy(set.deployments, ({ namespace }) => namespace);
  const selected = new Set(
    set.slices.filter(({ endpoints }) => endpoints.length > 0).map(({ serviceKey }) => serviceKey),
  );
  for (const service of set.services) {
    if (selected.has(service.key)) continue;
    const root = set.rootOf("Service", service.key, problems);
    checkSelector(service, byNamespace.get(service.namespace) ?? [], root);
  }
}

/** A Service that selects no pod, though a pod has labels that are almost these: a slip in one of the two. */
function checkSelector(service: Service, deployments: readonly Deployment[], root: Field): void {
  const { name, selector } = service;
  const wanted = Object.entries(selector);
  const selects = ({ podLabels }: Deployment) => wanted.every(([key, value]) => podLabels[key] === value);
  if (wanted.length === 0 || deployments.some(selects)) return;
  const near =
    deployments.find((one) => one.name === name && isNear(selector, one.podLabels)) ??
    deployments.find(({ podLabels }) => isNear(selector, podLabels)) ??
    deployments.find((one) => one.name === name);
  if (near === undefined) return;
  complain(descend(root, "spec", "selector"), "SERVICE_SELECTS_NOTHING", {
    what: `Selects no pod by ${printLabels(selector)}`,
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
  return one === other || contains(one, other) || contains(other, one) || nearest(one, [other]) !== undefined;
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
