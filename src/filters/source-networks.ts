import { type NetworkSet, networkSetHas } from "#src/model/network-set.ts";
import type { FilterAnswer } from "./filter-answer.ts";
import type { FilterRequest } from "./filter-request.ts";

/** From which addresses clients may come in. */
export interface SourceNetworks {
  /** Undefined: from all that are not denied. */
  readonly allowed: NetworkSet | undefined;
  readonly denied: NetworkSet | undefined;
}

/** Refuses a client by its address: one that is denied, whatever is allowed; then one that is not allowed, or unknown. */
export function checkSource(
  { allowed, denied }: SourceNetworks,
  { clientIp }: Pick<FilterRequest, "clientIp">,
): FilterAnswer | undefined {
  if (denied !== undefined && (clientIp === undefined || networkSetHas(denied, clientIp)))
    return { status: 403, reason: "address-denied" };
  if (allowed !== undefined && (clientIp === undefined || !networkSetHas(allowed, clientIp)))
    return { status: 403, reason: "address-not-allowed" };
  return undefined;
}
