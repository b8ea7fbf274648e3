import { complain, type Field, quote } from "#src/model/field.ts";
import type { IngressBackend } from "#src/model/ingress-backend.ts";
import { isClosed } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";
import type { Service } from "#src/model/service.ts";
import type { Deployment } from "#src/model/deployment.ts";

/** Objects of one installation, as far as they could be read. */
export interface ObjectSet {
  readonly services: readonly Service[];
  readonly ingresses: readonly Ingress[];
  /** By `namespace/name`: all Secrets, readable or not. */
  readonly secrets: ReadonlyMap<string, TlsSecret | undefined>;
  readonly deployments: readonly Deployment[];
}

/**
 * What objects name and is not among them, as warnings: it may come from elsewhere. Where there is no Service at all,
 * the set is a part of something larger, and nothing is said of what is missing.
 */
export function findBrokenReferences(objects: ObjectSet): readonly Problem[] {
  const problems: Problem[] = [];
  if (objects.services.length === 0) return problems;
  const services = new Map(objects.services.map((service) => [service.key, service]));
  for (const ingress of objects.ingresses) {
    const root: Field = { value: undefined, object: `Ingress "${ingress.key}"`, path: "", problems };
    for (const [path, backend] of backendsOf(ingress)) checkBackend({ ...root, path }, ingress, backend, services);
    for (const [index, { secretName }] of ingress.tls.entries())
      checkSecret({ ...root, path: `spec.tls[${index}]` }, `${ingress.namespace}/${secretName ?? ""}`, objects);
  }
  const byNamespace = Map.groupBy(objects.deployments, ({ namespace }) => namespace);
  for (const service of objects.services) checkSelector(service, byNamespace.get(service.namespace) ?? [], problems);
  return problems;
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
  services: ReadonlyMap<string, Service>,
): void {
  const key = `${namespace}/${serviceName}`;
  const service = services.get(key);
  const what = `Cannot find ${service === undefined ? "" : `port ${quote(servicePort)} of `}Service ${quote(key)}`;
  const severity = "warning";
  if (service === undefined) {
    const elsewhere = [...services.values()].find(({ name }) => name === serviceName);
    const why =
      elsewhere === undefined ? "it is not among the objects" : `${quote(elsewhere.key)} is in another namespace`;
    const fix = "Add the Service, or mend its name or namespace";
    complain(field, "INGRESS_SERVICE_MISSING", { what, why, fix, severity });
    return;
  }
  const has = service.ports.some(({ port, name }) => port === servicePort || (name !== "" && name === servicePort));
  if (has || service.type === "ExternalName") return;
  const ports = service.ports.map(({ port, name }) => (name === "" ? `${port}` : `${port} (${name})`)).join(", ");
  const target = service.ports.find(({ targetPort }) => targetPort === servicePort);
  complain(field, "INGRESS_PORT_MISSING", {
    what,
    why: target === undefined ? `it has ${ports}` : `that is the targetPort of its port ${target.port}`,
    fix: target === undefined ? "Write one of these" : `Write ${target.port}`,
    severity,
  });
}

function checkSecret(field: Field, key: string, { secrets }: ObjectSet): void {
  if (key.endsWith("/") || secrets.has(key)) return;
  complain(field, "INGRESS_SECRET_MISSING", {
    what: `Cannot find Secret ${quote(key)}`,
    why: "it is not among the objects",
    fix: "Add the Secret; until then the default certificate is served",
    severity: "warning",
  });
}

type Labels = Readonly<Record<string, string>>;

/** A Service that selects no pod, though a pod has labels much like those: a slip in one of the two. */
function checkSelector({ key, selector }: Service, deployments: readonly Deployment[], problems: Problem[]): void {
  const wanted = Object.entries(selector);
  const selects = ({ podLabels }: Deployment) => wanted.every(([name, value]) => podLabels[name] === value);
  if (wanted.length === 0 || deployments.some(selects)) return;
  const near = deployments.find(({ podLabels }) => wanted.some((label) => isNear(label, podLabels)));
  if (near === undefined) return;
  complain(
    { value: undefined, object: `Service "${key}"`, path: "spec.selector", problems },
    "SERVICE_SELECTS_NOTHING",
    {
      what: `Selects no pod by ${printLabels(selector)}`,
      why: `the pods of Deployment ${quote(near.key)} have ${printLabels(near.podLabels)}`,
      fix: "Make the selector and the labels of the pods the same",
      severity: "warning",
    },
  );
}

/** The same key with another value, or a value that is part of the other. */
function isNear([name, value]: readonly [string, string], labels: Labels): boolean {
  return Object.entries(labels).some(
    ([otherName, other]) => name === otherName || value === other || contains(value, other) || contains(other, value),
  );
}

/** Short values are part of much. */
function contains(long: string, short: string): boolean {
  return short.length >= 3 && long.includes(short);
}

function printLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
