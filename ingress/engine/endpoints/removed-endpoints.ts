import type { BackendEndpoint, RouteTable } from "#src/routing/route-table.ts";

/** The endpoints that a table no longer has, by what changed between the two: the tables share what stayed. */
export function removedEndpoints(before: RouteTable, after: RouteTable): readonly BackendEndpoint[] {
  const former: BackendEndpoint[] = [];
  const kept = new Set<string>();
  for (const [index, shard] of before.backends.shards.entries()) {
    const present = after.backends.shards[index];
    if (present === undefined || present === shard) continue;
    for (const [key, backend] of shard) if (present.get(key) !== backend) former.push(...backend.endpoints);
    for (const [key, backend] of present)
      if (shard.get(key) !== backend) for (const endpoint of backend.endpoints) kept.add(endpoint.key);
  }
  return former.filter(({ key }) => !kept.has(key));
}
