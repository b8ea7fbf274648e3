import type { RouteTable } from "#src/routing/route-table.ts";
import { byService, isByService } from "#src/routing/by-service.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import type { ForwardDecision, LackingDecision } from "#ingress/engine/decide-request.ts";

/**
 * What was decided of a request that has waited since, with the endpoints that its backend has now: at the address of one
 * that is gone another pod may be. A request that had none to go to stays without.
 */
export function withEndpointsNow(
  decision: ForwardDecision | LackingDecision,
  { backends }: Pick<RouteTable, "backends">,
): ForwardDecision | Pick<LackingDecision, "kind" | "reason"> {
  if (decision.kind === "lacking") return decision;
  const now = getSharded(backends, decision.backend.key);
  if (now === undefined || now.endpoints.length === 0) return { kind: "lacking", reason: "no-endpoint" };
  return { ...decision, backend: isByService(decision.backend) ? byService(now) : now };
}
