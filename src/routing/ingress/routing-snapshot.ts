import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Ingress, IngressClass } from "#src/model/ingress.ts";
import type { IsOwnEndpoint } from "./backend.ts";
import type { ProgramPlace } from "./near-endpoints.ts";
import type { Service } from "#src/model/service.ts";
import { isDefaultIngress } from "./default-ingress.ts";
import { namedPorts, withNamedPorts } from "./named-ports.ts";

/** `hawser`: paths are compared as the documentation of Ingress says; `nginx`: as ingress-nginx does (`asNginxPath`, `slashClaims`). */
export type Compat = "hawser" | "nginx";

/** All that the route table is made of. */
export interface RoutingSnapshot {
  /** How paths are compared; default `hawser`. */
  readonly compat?: Compat | undefined;
  /** The Ingresses we serve, by each host they claim (empty for the catch-all), oldest first. */
  readonly claims: ReadonlyMap<string, readonly Ingress[]>;
  /** By `namespace/name`; those of type ExternalName with the ports that Ingresses name (`withNamedPorts`). */
  readonly services: ReadonlyMap<string, Service>;
  /** By the `namespace/name` of their Service, in the order of their own keys. */
  readonly slices: ReadonlyMap<string, readonly EndpointSlice[]>;
  readonly isOwnEndpoint?: IsOwnEndpoint | undefined;
  /** Where this program runs; undefined: it takes endpoints wherever they are. */
  readonly place?: ProgramPlace | undefined;
  /** Of a Service of type ExternalName (`namespace/name`): the addresses of its name. */
  readonly addressesOf?: (serviceKey: string) => readonly string[];
  /** Serves requests that no rule matches (`defaultIngress`); undefined: they are answered 404. */
  readonly byDefault?: Ingress | undefined;
}

/** The value of IngressClass `spec.controller` that makes a class ours, unless an option names another one. */
export const INGRESS_CONTROLLER = "hawser.dev/ingress";

/** Which Ingresses are ours. */
export interface ClassScope {
  /** A class of this name is ours even if no IngressClass object exists, unless one names another controller. */
  readonly className: string;
  /** A class is ours if its IngressClass has this `spec.controller`. */
  readonly controller: string;
  /** Serve Ingresses of this namespace alone; undefined: of all. */
  readonly namespace?: string | undefined;
  /** Of these namespaces alone; undefined: of all. */
  readonly servesNamespace?: ((namespace: string) => boolean) | undefined;
  /** Serve Ingresses without any class, also where no default class says whose they are. */
  readonly withoutClass: boolean;
}

/**
 * Whether an Ingress is ours, by the class it names and the IngressClass objects there are. One that names none belongs
 * to the default class, if there is one: API servers write that into new Ingresses; in a folder no program does.
 */
export function isServed(
  ingress: Pick<Ingress, "className"> & Partial<Pick<Ingress, "namespace">>,
  classes: ReadonlyMap<string, IngressClass>,
  scope: ClassScope,
): boolean {
  if (!isWatched(ingress, scope)) return false;
  const named = classOf(ingress, classes);
  if (named === undefined) return scope.withoutClass;
  const controller = classes.get(named)?.controller;
  return controller === undefined ? named === scope.className : controller === scope.controller;
}

/** Whether an Ingress is of a namespace whose Ingresses are served. */
export function isWatched({ namespace }: Partial<Pick<Ingress, "namespace">>, scope: ClassScope): boolean {
  if (scope.namespace !== undefined && namespace !== scope.namespace) return false;
  return scope.servesNamespace === undefined || (namespace !== undefined && scope.servesNamespace(namespace));
}

/** The class that an Ingress names, else the default class; undefined where there is neither. */
export function classOf(
  { className }: Pick<Ingress, "className">,
  classes: ReadonlyMap<string, IngressClass>,
): string | undefined {
  return className ?? defaultClassOf(classes)?.name;
}

/** Of several default classes the newest counts, then the first by name, as for the API server (KEP-1453). */
function defaultClassOf(classes: ReadonlyMap<string, IngressClass>): IngressClass | undefined {
  let found: IngressClass | undefined;
  for (const candidate of classes.values()) {
    if (candidate.isDefault && (found === undefined || isBefore(candidate, found))) found = candidate;
  }
  return found;
}

function isBefore(left: IngressClass, right: IngressClass): boolean {
  return left.createdMs === right.createdMs ? left.name < right.name : left.createdMs > right.createdMs;
}

/** The hosts an Ingress claims; one without rules claims the catch-all by its default backend. */
export function claimedHosts(ingress: Ingress): ReadonlySet<string> {
  const hosts = new Set(ingress.rules.map((rule) => rule.host));
  return hosts.size === 0 && ingress.defaultBackend !== undefined ? hosts.add("") : hosts;
}

/** Order of precedence among Ingresses: the older first, then by `namespace/name`. */
export function compareAge(left: Ingress, right: Ingress): number {
  if (left.createdMs !== right.createdMs) return left.createdMs - right.createdMs;
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}

/** A snapshot from plain lists. Among the Ingresses may be that of `--default-backend-service`. */
export function routingSnapshot(objects: {
  readonly ingresses: readonly Ingress[];
  readonly services: readonly Service[];
  readonly slices: Iterable<EndpointSlice>;
}): RoutingSnapshot {
  const claims = new Map<string, Ingress[]>();
  for (const ingress of objects.ingresses) {
    if (isDefaultIngress(ingress)) continue;
    for (const host of claimedHosts(ingress)) claims.set(host, [...(claims.get(host) ?? []), ingress]);
  }
  for (const claimants of claims.values()) claimants.sort(compareAge);
  const slices = Map.groupBy(objects.slices, (slice) => slice.serviceKey);
  for (const group of slices.values()) group.sort((left, right) => (left.key < right.key ? -1 : 1));
  const isExternal = ({ type }: Service) => type === "ExternalName";
  const ports = namedPorts(objects.ingresses, new Set(objects.services.filter(isExternal).map(({ key }) => key)));
  const services = objects.services.map((service) => withNamedPorts(service, ports.get(service.key)));
  const byDefault = objects.ingresses.find(isDefaultIngress);
  return { claims, services: new Map(services.map((service) => [service.key, service])), slices, byDefault };
}
