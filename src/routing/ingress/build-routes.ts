import type { Service } from "#src/model/service.ts";
import { backendKeysOf, backendsOf } from "./backend.ts";
import { compileHost } from "./compile-host.ts";
import { defaultRule } from "./default-rule.ts";
import { type MergedHost, mergeHosts } from "./merge-host.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { getSharded, withEntries } from "#src/routing/sharded-map.ts";
import { replaceAliases } from "./replace-aliases.ts";
import type { RoutingSnapshot } from "./routing-snapshot.ts";
import type { HostRoutes, RouteTable } from "#src/routing/route-table.ts";

/** The whole table from a snapshot. */
export function buildRoutes(snapshot: RoutingSnapshot): RouteTable {
  const fallback = defaultRule(snapshot.byDefault);
  const withHosts = replaceHosts({ ...EMPTY_ROUTES, fallback }, mergeHosts(snapshot.claims.keys(), snapshot));
  return replaceServices(withHosts, snapshot.services.keys(), snapshot, new Map());
}

/** The table with only these hosts built again, or removed where nothing claims them any longer. */
export function replaceHosts(
  table: RouteTable,
  hosts: Iterable<readonly [host: string, merged: MergedHost | undefined]>,
): RouteTable {
  const changed = [...hosts];
  const changes = changed.map(
    ([host, merged]) =>
      [
        host,
        merged === undefined || merged.isEmpty || merged.aliasOf !== undefined ? undefined : compileHost(merged),
      ] as const,
  );
  const passthroughs = table.passthroughs + addedPassthroughs(table, changes);
  return { ...table, hosts: withEntries(table.hosts, changes), ...replaceAliases(table, changed), passthroughs };
}

/** How many more hosts are passed on than before. */
function addedPassthroughs(
  { hosts }: RouteTable,
  changes: readonly (readonly [host: string, routes: HostRoutes | undefined])[],
): number {
  const count = (routes: HostRoutes | undefined): number => Number(routes?.passthrough !== undefined);
  return changes.reduce((sum, [host, after]) => sum + count(after) - count(getSharded(hosts, host)), 0);
}

/**
 * The table with only the backends of these Services (by key) built again, or removed where the Service is gone.
 * `before`: those of them that the table was made of, as they were.
 */
export function replaceServices(
  table: RouteTable,
  keys: Iterable<string>,
  snapshot: RoutingSnapshot,
  before: ReadonlyMap<string, Service>,
): RouteTable {
  const changes = Array.from(keys).flatMap((key) => {
    const [former, service] = [before.get(key), snapshot.services.get(key)];
    const gone = former === undefined ? [] : backendKeysOf(former).map((name) => [name, undefined] as const);
    const slices = snapshot.slices.get(key) ?? [];
    const sources = {
      slices,
      addresses: snapshot.addressesOf?.(key),
      isOwn: snapshot.isOwnEndpoint,
      place: snapshot.place,
    };
    const present = service && backendsOf(service, sources);
    return [...gone, ...(present ?? [])];
  });
  return { ...table, backends: withEntries(table.backends, changes) };
}
