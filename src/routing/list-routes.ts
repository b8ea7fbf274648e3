import type { ClosedReason } from "#src/model/closed-reason.ts";
import type { Rewrite } from "#src/model/annotation-effects.ts";
import { getSharded, shardedEntries } from "./sharded-map.ts";
import type { HostRoutes, Route, RouteTable } from "./route-table.ts";

/** One rule of the table, for people and tools to read. */
interface ListedRoute {
  /** As in the rule; `*` for the catch-all. */
  readonly host: string;
  readonly path: string;
  readonly pathType: Route["pathType"];
  /** `namespace/name`. */
  readonly ingress: string;
  /** `namespace/name:port`, the port as the Ingress names it; undefined where the rule is closed. */
  readonly service?: string;
  /** Why requests are answered 503 without any Service. */
  readonly closed?: ClosedReason;
  readonly rewrite?: Rewrite;
  readonly tls: boolean;
  /** `address:port`; undefined where there is no such Service or port. */
  readonly endpoints?: readonly string[];
}

/** The rules of a table by host and path, at most `limit` of them, and how many there are. */
export function listRoutes(
  table: RouteTable,
  limit: number,
): { readonly routes: readonly ListedRoute[]; readonly total: number } {
  const routes: ListedRoute[] = [];
  let total = 0;
  for (const [host, hostRoutes] of [...shardedEntries(table.hosts)].sort(([left], [right]) =>
    left < right ? -1 : 1,
  )) {
    for (const route of routesOf(hostRoutes)) {
      total += 1;
      if (total <= limit) routes.push(listed(table, host, route));
    }
  }
  return { routes, total };
}

function routesOf({ exact, prefixes, closedPatterns, defaultRoute }: HostRoutes): readonly Route[] {
  return [
    ...exact.values(),
    ...prefixes.map(({ route }) => route),
    ...closedPatterns.map(({ route }) => route),
    ...(defaultRoute === undefined ? [] : [defaultRoute]),
  ];
}

function listed(table: RouteTable, host: string, route: Route): ListedRoute {
  const endpoints = getSharded(table.services, route.serviceKey)?.get(route.servicePort)?.endpoints;
  return {
    host: host === "" ? "*" : host,
    path: route.path,
    pathType: route.pathType,
    ingress: route.ingressKey,
    ...(route.closed === undefined
      ? { service: `${route.serviceKey}:${route.servicePort}` }
      : { closed: route.closed }),
    ...(route.rewrite && { rewrite: route.rewrite }),
    tls: route.hasTls,
    ...(endpoints && { endpoints: endpoints.map(({ address, port }) => print(address, port)) }),
  };
}

function print(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
