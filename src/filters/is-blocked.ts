import type { Ip } from "#src/ip/address.ts";
import type { BlockedRequests, BlockedValue } from "#src/model/blocked-requests.ts";
import { type NetworkSet, networkSetHas } from "#src/model/network-set.ts";
import { valueGroups } from "#src/pattern/value-pattern.ts";

/** Steps that all expressions may take for one value; one that would take more is blocked, because it is not known what it is. */
const MAX_STEPS = 250_000;
/** Longer values are not compared with expressions, and blocked where there are any. */
const MAX_LENGTH = 1_024;

/** What is looked at of a request. */
interface BlockableRequest {
  /** Undefined: the address is none that can be compared. */
  readonly clientIp: () => Ip | undefined;
  /** The values of a header field (its name in lower case). */
  readonly valuesOf: (name: string) => readonly string[];
}

/** Whether a request is one of those. */
export function isBlocked(
  { networks, userAgents, referers }: BlockedRequests,
  { clientIp, valuesOf }: BlockableRequest,
): boolean {
  if (networks !== undefined && isAtOneOf(networks, clientIp())) return true;
  return isAmong(userAgents, valuesOf, "user-agent") || isAmong(referers, valuesOf, "referer");
}

function isAtOneOf(networks: NetworkSet, address: Ip | undefined): boolean {
  return address === undefined || networkSetHas(networks, address);
}

function isAmong(
  blocked: readonly BlockedValue[],
  valuesOf: (name: string) => readonly string[],
  name: string,
): boolean {
  return blocked.length > 0 && valuesOf(name).some((value) => isOneOf(blocked, value));
}

function isOneOf(blocked: readonly BlockedValue[], value: string): boolean {
  const lower = value.toLowerCase();
  // Expressions know ASCII alone: what is not would be between the characters of each of them otherwise.
  const ascii = value.replaceAll(/[^\x20-\x7e]/g, "\x7f");
  const budget = { left: MAX_STEPS };
  return blocked.some((one) => {
    if (typeof one === "string") return one === lower;
    return ascii.length > MAX_LENGTH || valueGroups(one, ascii, budget) !== undefined || budget.left < 0;
  });
}
