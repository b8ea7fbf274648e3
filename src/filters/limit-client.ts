import { type NetworkSet, networkSetHas } from "#src/model/network-set.ts";
import type { FilterAnswer } from "./filter-answer.ts";
import type { FilterRequest } from "./filter-request.ts";
import type { FilterState } from "./filter-state.ts";
import type { RateLimits } from "./rate-zone.ts";

/** How much one client may ask of all paths of an Ingress. */
export interface ClientLimitPolicy {
  /** What is counted together: the Ingress, as `namespace/name`. */
  readonly zone: string;
  readonly rates: RateLimits | undefined;
  /** Requests that may be open at once. */
  readonly connections: number | undefined;
  /** Clients that have no limits. */
  readonly exempt: NetworkSet | undefined;
}

/** Refuses a request that is beyond a limit. As in nginx, one that has too many others open has counted for the rates. */
export function limitClient(
  { zone, rates, connections, exempt }: ClientLimitPolicy,
  request: Pick<FilterRequest, "clientIp" | "clientAddress" | "holdOpen">,
  { clientLimits, clockMs, limitStatuses }: FilterState,
): FilterAnswer | undefined {
  const { clientIp, clientAddress } = request;
  if (exempt !== undefined && clientIp !== undefined && networkSetHas(exempt, clientIp)) return undefined;
  if (rates !== undefined && !clientLimits.admit(zone, clientAddress, { limits: rates, nowMs: clockMs() }))
    return { status: limitStatuses?.rate ?? 503, reason: "rate-limited" };
  if (connections === undefined) return undefined;
  const open = clientLimits.open(zone, clientAddress, connections);
  if (open === undefined) return { status: limitStatuses?.connections ?? 503, reason: "connections-limited" };
  request.holdOpen(open);
  return undefined;
}
