import type { RouteTable } from "#src/routing/route-table.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import type { ForwardDecision } from "./decide-request.ts";

/**
 * What was decided of a request that has waited since, with the endpoints that its backend has now: at the address of one
 * that is gone another pod may be. Undefined: it has none any longer.
 */
export function withEndpointsNow(
  decision: ForwardDecision,
  { backends }: Pick<RouteTable, "backends">,
): ForwardDecision | undefined {
  const backend = getSharded(backends, decision.backend.key);
  return backend === undefined || backend.endpoints.length === 0 ? undefined : { ...decision, backend };
}
