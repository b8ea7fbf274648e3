import type { IngressBackend } from "#src/model/ingress-backend.ts";
import type { IngressPath } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { backendsOf } from "./backend.ts";
import { wildcardOf } from "./host.ts";
import { normalizeRulePath, visibleAscii } from "./path.ts";
import { linkPrefixes, type UnlinkedPrefix } from "./prefix.ts";
import { emptyShardedMap, withEntries } from "./sharded-map.ts";
import type { RoutingSnapshot } from "./routing-snapshot.ts";
import type { HostRoutes, Route, RouteTable } from "./route-table.ts";

/** A table of nothing: every request is answered 404. */
export const EMPTY_ROUTES: RouteTable = { hosts: emptyShardedMap(), services: emptyShardedMap() };

/** The whole table from a snapshot. */
export function buildRoutes(snapshot: RoutingSnapshot): RouteTable {
  const withHosts = replaceHosts(EMPTY_ROUTES, snapshot.claims.keys(), snapshot);
  return replaceServices(withHosts, snapshot.services.keys(), snapshot);
}

/** The table with only these hosts built anew, or removed where nothing claims them any more. */
export function replaceHosts(table: RouteTable, hosts: Iterable<string>, snapshot: RoutingSnapshot): RouteTable {
  const changes = Array.from(hosts, (host) => [host, hostRoutes(host, snapshot.claims.get(host) ?? [])] as const);
  return { hosts: withEntries(table.hosts, changes), services: table.services };
}

/** The table with only the backends of these Services (by key) built anew, or removed where the Service is gone. */
export function replaceServices(table: RouteTable, keys: Iterable<string>, snapshot: RoutingSnapshot): RouteTable {
  const changes = Array.from(keys, (key) => {
    const service = snapshot.services.get(key);
    return [key, service && backendsOf(service, snapshot.slices.get(key) ?? [])] as const;
  });
  return { hosts: table.hosts, services: withEntries(table.services, changes) };
}

/** Merges what all claimants (oldest first) say about a host: for the same path and type the first one wins. */
function hostRoutes(host: string, claimants: readonly Ingress[]): HostRoutes | undefined {
  if (claimants.length === 0) return undefined;
  const exact = new Map<string, Route>();
  const prefixes = new Map<string, UnlinkedPrefix>();
  const hasTls = claimants.some((ingress) => coversByTls(ingress, host));
  for (const ingress of claimants) {
    for (const rule of ingress.rules) {
      if (rule.host !== host) continue;
      for (const path of rule.paths) addPath({ ingress, hasTls }, path, { exact, prefixes });
    }
  }
  return {
    exact,
    prefixes: linkPrefixes([...prefixes.values()]),
    defaultRoute: defaultRoute({ host, hasTls }, claimants),
  };
}

/** Whether an Ingress has a certificate for a host: by name, by a wildcard, or by an entry for all hosts of its rules. */
function coversByTls(ingress: Ingress, host: string): boolean {
  const wildcard = wildcardOf(host);
  return ingress.tls.some(
    ({ hosts }) => hosts.length === 0 || hosts.includes(host) || (wildcard !== undefined && hosts.includes(wildcard)),
  );
}

/** Whose rule a route is, and whether its host has a certificate. */
interface RouteOrigin {
  readonly ingress: Ingress;
  readonly hasTls: boolean;
}

function addPath(
  origin: RouteOrigin,
  rule: IngressPath,
  into: { readonly exact: Map<string, Route>; readonly prefixes: Map<string, UnlinkedPrefix> },
): void {
  const path = normalizeRulePath(rule.path === "" ? "/" : rule.path);
  // A path that is no path matches no request.
  if (path === undefined) return;
  const route = routeTo(origin, rule.backend, { path, pathType: rule.pathType });
  if (rule.pathType === "Exact") {
    if (!into.exact.has(path)) into.exact.set(path, route);
    return;
  }
  // The root stays "/" and needs no comparison of elements: every path begins with it.
  const wholeElements = rule.pathType === "Prefix" && path !== "/";
  const text = wholeElements && path.endsWith("/") ? path.slice(0, -1) : path;
  const identity = `${rule.pathType} ${text}`;
  if (!into.prefixes.has(identity)) into.prefixes.set(identity, { text, wholeElements, route });
}

/**
 * The default backend of a host is that of the Ingress which claimed it first, as in ingress-nginx; for the catch-all,
 * which many may claim without knowing of each other, that of the oldest Ingress that has one.
 */
function defaultRoute(
  { host, hasTls }: { readonly host: string; readonly hasTls: boolean },
  claimants: readonly Ingress[],
): Route | undefined {
  const ingress = host === "" ? claimants.find((claimant) => claimant.defaultBackend !== undefined) : claimants[0];
  if (ingress?.defaultBackend === undefined) return undefined;
  const origin = { ingress: { ...ingress, rewrite: undefined }, hasTls };
  return routeTo(origin, ingress.defaultBackend, { path: "", pathType: "default" });
}

function routeTo(
  { ingress, hasTls }: RouteOrigin,
  backend: IngressBackend,
  match: Pick<Route, "path" | "pathType">,
): Route {
  return {
    ingressKey: ingress.key,
    ...match,
    serviceKey: `${ingress.namespace}/${backend.serviceName}`,
    servicePort: String(backend.servicePort),
    hasTls,
    httpsRedirect: ingress.httpsRedirect,
    rewrite: ingress.rewrite && { ...ingress.rewrite, target: visibleAscii(ingress.rewrite.target) },
  };
}
