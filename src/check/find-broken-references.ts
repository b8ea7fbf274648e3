import { child, complain, descend, type Field, isUnset, quote, readList } from "#src/model/field.ts";
import type { IngressBackend } from "#src/model/ingress-backend.ts";
import { isBackend } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Service } from "#src/model/service.ts";
import { backendKey } from "#src/routing/ingress/backend.ts";
import { isDefaultIngress } from "#src/routing/ingress/default-ingress.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import type { CheckedSet } from "./checked-set.ts";
import { fieldAt } from "./field-at.ts";

/**
 * What Ingresses name and is not among the objects, as warnings: it may come from elsewhere. Where there is no Service at all,
 * the set is a part of something larger, and nothing is reported as missing. Whether a port has a backend is decided by the
 * route table of the set, as for a request.
 */
export function findBrokenReferences(set: CheckedSet, routes: RouteTable): readonly Problem[] {
  const problems: Problem[] = [];
  const services = new Map(set.services.map((service) => [service.key, service]));
  if (services.size === 0) return problems;
  for (const ingress of set.ingresses) {
    // What is missing of it is said of the option.
    if (isDefaultIngress(ingress)) continue;
    const root = set.rootOf("Ingress", ingress.key, problems);
    for (const named of backendsOf(ingress, root)) checkBackend(named, ingress.namespace, { set, services, routes });
    for (const [index, field] of readList({ ...descend(root, "spec", "tls"), problems: [] }).entries()) {
      const { value, place } = child(field, "secretName");
      if (typeof value === "string" && value !== "")
        checkSecret({ ...root, path: `spec.tls[${index}]`, place }, `${ingress.namespace}/${value}`, set);
    }
  }
  return problems;
}

/** A backend of an Ingress and the fields that name its Service and the port, which Problems call by host and path. */
interface NamedBackend {
  readonly backend: IngressBackend;
  readonly name: Field;
  readonly port: Field;
}

/** Each backend once: hosts that annotations add have those of other rules. */
function backendsOf({ defaultBackend, rules }: Ingress, root: Field): readonly NamedBackend[] {
  const spec = child(root, "spec");
  const [current, old] = [child(spec, "defaultBackend"), child(spec, "backend")];
  const found = new Map<string, NamedBackend>();
  if (defaultBackend !== undefined && isBackend(defaultBackend))
    found.set("", namedBackend(defaultBackend, isUnset(current) ? old : current, "default backend"));
  for (const { host, paths } of rules)
    for (const { path, target, at } of paths) {
      if (!isBackend(target) || found.has(at)) continue;
      const field = child(fieldAt(root, at), "backend");
      found.set(at, namedBackend(target, field, `${host === "" ? "*" : host}${path}`));
    }
  return [...found.values()];
}

function namedBackend(backend: IngressBackend, field: Field, path: string): NamedBackend {
  const service = child(field, "service");
  const isOldForm = isUnset(service);
  const [number, text] = [descend(service, "port", "number"), descend(service, "port", "name")];
  const name = isOldForm ? child(field, "serviceName") : child(service, "name");
  const port = isOldForm ? child(field, "servicePort") : isUnset(number) ? text : number;
  return { backend, name: { ...name, path }, port: { ...port, path } };
}

function checkBackend(
  { backend, name, port }: NamedBackend,
  namespace: string,
  {
    set,
    services,
    routes,
  }: {
    readonly set: CheckedSet;
    readonly services: ReadonlyMap<string, Service>;
    readonly routes: RouteTable;
  },
): void {
  const { serviceName, servicePort } = backend;
  const key = `${namespace}/${serviceName}`;
  const service = services.get(key);
  // One that cannot be read has Problems of its own.
  if (service === undefined && set.objectOf("Service", key) !== undefined) return;
  const what = `Cannot find ${service === undefined ? "" : `port ${quote(servicePort)} of `}Service ${quote(key)}`;
  const severity = "warning";
  if (service === undefined) {
    const elsewhere = set.services.find((one) => one.name === serviceName);
    const why = elsewhere === undefined ? "it does not exist here" : `${quote(elsewhere.key)} is in another namespace`;
    const fix = "Add the Service, or fix its name or namespace";
    complain(name, "INGRESS_SERVICE_MISSING", { what, why, fix, severity });
    return;
  }
  if (service.type === "ExternalName" && service.externalName === undefined)
    return complainOfUnserved(name, key, "is of type ExternalName, and its externalName is not a name");
  if (getSharded(routes.backends, backendKey(namespace, serviceName, servicePort)) !== undefined) return;
  const other = service.ports.find((one) => one.port === servicePort || (one.name !== "" && one.name === servicePort));
  if (other !== undefined)
    return complainOfUnserved(port, key, `has port ${quote(servicePort)} only for ${other.protocol}`);
  const ports = service.ports.map((one) => (one.name === "" ? `${one.port}` : `${one.port} (${one.name})`)).join(", ");
  const target = service.ports.find(({ targetPort }) => targetPort === servicePort);
  complain(port, "INGRESS_PORT_MISSING", {
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

/** The ingress sends requests by TCP. */
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
