import { isClosed } from "#src/model/ingress-path.ts";
import { backendsOf } from "./backend.ts";
import { closedPattern, linkPatterns } from "./closed-pattern.ts";
import { comparedText, type MergedHost, mergeHosts, type PathClaim } from "./merge-host.ts";
import { visibleAscii } from "./path.ts";
import { linkPrefixes, type UnlinkedPrefix } from "./prefix.ts";
import { emptyShardedMap, withEntries } from "./sharded-map.ts";
import type { RoutingSnapshot } from "./routing-snapshot.ts";
import type { HostRoutes, Route, RouteTable } from "./route-table.ts";

/** A table of nothing: every request is answered 404. */
export const EMPTY_ROUTES: RouteTable = { hosts: emptyShardedMap(), services: emptyShardedMap() };

/** The whole table from a snapshot. */
export function buildRoutes(snapshot: RoutingSnapshot): RouteTable {
  const withHosts = replaceHosts(EMPTY_ROUTES, mergeHosts(snapshot.claims.keys(), snapshot));
  return replaceServices(withHosts, snapshot.services.keys(), snapshot);
}

/** The table with only these hosts built again, or removed where nothing claims them any longer. */
export function replaceHosts(
  table: RouteTable,
  hosts: Iterable<readonly [host: string, merged: MergedHost | undefined]>,
): RouteTable {
  const changes = Array.from(hosts, ([host, merged]) => [host, merged && hostRoutes(merged)] as const);
  return { hosts: withEntries(table.hosts, changes), services: table.services };
}

/** The table with only the backends of these Services (by key) built again, or removed where the Service is gone. */
export function replaceServices(table: RouteTable, keys: Iterable<string>, snapshot: RoutingSnapshot): RouteTable {
  const changes = Array.from(keys, (key) => {
    const service = snapshot.services.get(key);
    return [key, service && backendsOf(service, snapshot.slices.get(key) ?? [], snapshot.isOwnEndpoint)] as const;
  });
  return { hosts: table.hosts, services: withEntries(table.services, changes) };
}

function hostRoutes({ exact, prefixes, patterns, fallback, hasTls }: MergedHost): HostRoutes {
  const claims = [...exact.values(), ...prefixes, ...patterns, ...(fallback === undefined ? [] : [fallback])];
  const unlinked = prefixes.map((claim): UnlinkedPrefix => ({
    text: comparedText(claim),
    wholeElements: claim.pathType === "Prefix" && claim.path !== "/",
    route: routeOf(claim, hasTls),
  }));
  return {
    exact: new Map([...exact].map(([path, claim]) => [path, routeOf(claim, hasTls)])),
    prefixes: linkPrefixes(unlinked),
    closedPatterns: linkPatterns(patterns.map((claim) => closedPattern(claim.path, routeOf(claim, hasTls)))),
    defaultRoute: fallback && { ...routeOf(fallback, hasTls), rewrite: undefined },
    hasClosed: claims.some(({ target }) => isClosed(target)),
  };
}

function routeOf({ ingress, path, pathType, target }: PathClaim, hasTls: boolean): Route {
  const { rewrite } = ingress;
  const destination = isClosed(target)
    ? { closed: target.closed, serviceKey: "", servicePort: "" }
    : {
        closed: undefined,
        serviceKey: `${ingress.namespace}/${target.serviceName}`,
        servicePort: String(target.servicePort),
      };
  return {
    ingressKey: ingress.key,
    path,
    pathType,
    ...destination,
    hasTls,
    httpsRedirect: ingress.httpsRedirect,
    rewrite: rewrite && { ...rewrite, target: visibleAscii(rewrite.target) },
  };
}
