import { type Ip, printIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import type { HostAddress, HostAddresses } from "./host-addresses.ts";

/** Why no speaker announces an address, whatever any object says: a closed set, shown in reports, status and metrics. */
export type ForbiddenReason = HostAddress["reason"] | "ReservedAddress" | "NotOurs";

/** An address that is never announced. */
export interface ForbiddenAddress {
  readonly reason: ForbiddenReason;
  /** What it is, as the end of a sentence: `the address of Node "n1"`. */
  readonly use: string;
}

/** Why an address is never announced; undefined if it may be. */
export function whyForbidden(ip: Ip, hostAddresses: HostAddresses): ForbiddenAddress | undefined {
  const reserved = reservedUse(ip);
  if (reserved !== undefined) return { reason: "ReservedAddress", use: `reserved (${reserved})` };
  const host = hostAddresses.size === 0 ? undefined : hostAddresses.get(printIp(ip));
  return host && { reason: host.reason, use: `${USES[host.reason]}${host.owner}` };
}

const USES: Readonly<Record<HostAddress["reason"], string>> = {
  NodeAddress: "the address of ",
  MemberAddress: "an address of ",
  GatewayAddress: "",
};
