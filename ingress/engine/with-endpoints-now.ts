import type { RouteTable } from "#src/routing/route-table.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import type { ForwardDecision, LackingDecision } from "./decide-request.ts";

/**
 * What was decided of a request that has waited since, with the endpoints that its backend has now: at the address of one
 * that is gone another pod may be. A request that had none to go to stays without.
 */
export function withEndpointsNow(
  decision: ForwardDecision | LackingDecision,
  { backends }: Pick<RouteTable, "backends">,
): ForwardDecision | Pick<LackingDecision, "kind" | "reason"> {
  if (decision.kind === "lacking") return decision;
  const backend = getSharded(backends, decision.backend.key);
  const isLacking = backend === undefined || backend.endpoints.length === 0;
  return isLacking ? { kind: "lacking", reason: "no-endpoint" } : { ...decision, backend };
}
