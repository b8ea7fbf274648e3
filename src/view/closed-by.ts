import { type Ip, printIp } from "#src/ip/address.ts";
import { type Pool, whyClosed } from "#src/model/pool.ts";
import type { ExplainContext } from "./explain-context.ts";

/** Why a pool assigns an address of its ranges to no Service. */
export type PoolClosure = NonNullable<ReturnType<typeof whyClosed>> | "network";

/** Why the pool, which contains the address, does not assign it; undefined where it may. */
export function closedBy(
  { networkAddresses }: Pick<ExplainContext, "networkAddresses">,
  pool: Pool,
  ip: Ip,
): PoolClosure | undefined {
  return whyClosed(pool, ip) ?? (networkAddresses.has(printIp(ip)) ? "network" : undefined);
}
