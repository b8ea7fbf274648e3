import type { BackendEndpoint, RouteTable, ServiceBackends } from "#src/routing/route-table.ts";

/** The endpoints that a table no longer has, by what changed between the two: the tables share what stayed. */
export function removedEndpoints(before: RouteTable, after: RouteTable): readonly BackendEndpoint[] {
  return before.services.shards.flatMap((shard, index) => {
    const present = after.services.shards[index];
    if (shard === present) return [];
    return [...shard].flatMap(([key, backends]) => removedOf(backends, present?.get(key)));
  });
}

function removedOf(before: ServiceBackends, after: ServiceBackends | undefined): readonly BackendEndpoint[] {
  if (before === after) return [];
  const kept = new Set(endpointsOf(after).map(({ key }) => key));
  return endpointsOf(before).filter(({ key }) => !kept.has(key));
}

function endpointsOf(backends: ServiceBackends | undefined): readonly BackendEndpoint[] {
  return backends === undefined ? [] : [...backends.values()].flatMap(({ endpoints }) => endpoints);
}
