import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";

/**
 * The names of the pools that a Service asks for: `a`, or `a,b`, which names a pool for each family; a pool whose name is
 * the whole text is that one. Undefined where it asks for none.
 */
export function requestedPoolsOf(pools: readonly Pool[], { requestedPool }: Service): readonly string[] | undefined {
  if (requestedPool === undefined) return undefined;
  if (pools.some(({ name }) => name === requestedPool)) return [requestedPool];
  const names = requestedPool.split(",").map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}
