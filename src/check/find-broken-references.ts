import { child, complain, descend, type Field, isUnset, quote, readList } from "#src/model/field.ts";
import type { IngressBackend } from "#src/model/ingress-backend.ts";
import { isClosed } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { textOf } from "#src/model/record.ts";
import type { Service } from "#src/model/service.ts";
import type { Place } from "#src/model/written-yaml.ts";
import type { CheckedSet } from "./checked-set.ts";

/**
 * What Ingresses name and is not among the objects, as warnings: it may come from elsewhere. Where there is no Service at all,
 * the set is a part of something larger, and nothing is reported as missing.
 */
export function findBrokenReferences(set: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  const services = new Map(set.services.map((service) => [service.key, service]));
  if (services.size === 0) return problems;
  for (const ingress of set.ingresses) {
    const root = set.rootOf("Ingress", ingress.key, problems);
    const places = backendPlaces(root);
    for (const [path, backend] of backendsOf(ingress))
      checkBackend({ ...root, path, place: places.get(path) ?? root.place }, { ingress, backend }, { set, services });
    for (const [index, field] of readList({ ...descend(root, "spec", "tls"), problems: [] }).entries()) {
      const { value, place } = child(field, "secretName");
      if (typeof value === "string" && value !== "")
        checkSecret({ ...root, path: `spec.tls[${index}]`, place }, `${ingress.namespace}/${value}`, set);
    }
  }
  return problems;
}

/** Where the backends of an Ingress are written, by what `backendsOf` calls them. */
function backendPlaces(root: Field): ReadonlyMap<string, Place | undefined> {
  const spec = child(root, "spec");
  const [current, old] = [child(spec, "defaultBackend"), child(spec, "backend")];
  const places = new Map([["default backend", isUnset(current) ? old.place : current.place]]);
  for (const rule of readList({ ...child(spec, "rules"), problems: [] })) {
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
  { ingress, backend }: { readonly ingress: Ingress; readonly backend: IngressBackend },
  { set, services }: { readonly set: CheckedSet; readonly services: ReadonlyMap<string, Service> },
): void {
  const { serviceName, servicePort } = backend;
  const key = `${ingress.namespace}/${serviceName}`;
  const service = services.get(key);
  // One that cannot be read has Problems of its own.
  if (service === undefined && set.objectOf("Service", key) !== undefined) return;
  const what = `Cannot find ${service === undefined ? "" : `port ${quote(servicePort)} of `}Service ${quote(key)}`;
  const severity = "warning";
  if (service === undefined) {
    const elsewhere = set.services.find(({ name }) => name === serviceName);
    const why = elsewhere === undefined ? "it does not exist here" : `${quote(elsewhere.key)} is in another namespace`;
    const fix = "Add the Service, or fix its name or namespace";
    complain(field, "INGRESS_SERVICE_MISSING", { what, why, fix, severity });
    return;
  }
  const named = service.ports.filter(({ port, name }) => port === servicePort || (name !== "" && name === servicePort));
  if (service.type === "ExternalName") return complainOfUnserved(field, key, "is of type ExternalName");
  if (named.some(({ protocol }) => protocol === "TCP")) return;
  const [other] = named;
  if (other !== undefined)
    return complainOfUnserved(field, key, `has port ${quote(servicePort)} only for ${other.protocol}`);
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

/** The ingress sends requests to endpoints by TCP, and resolves no names. */
function complainOfUnserved(field: Field, key: string, why: string): void {
  complain(field, "INGRESS_BACKEND_NOT_SERVED", {
    what: `Cannot send requests to Service ${quote(key)}`,
    why: `it ${why}, and Hawser sends HTTP to the endpoints of Services; requests are answered 503`,
    fix: "Name a TCP port of a Service that has endpoints",
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
