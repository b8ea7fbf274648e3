import type { Ip } from "#src/ip/address.ts";
import { type IpRange, rangeContains } from "#src/ip/range.ts";

/** A named set of addresses. Who announces them is said by advertisements. */
export interface Pool {
  readonly name: string;
  /** In the order written; no two overlap, neither here nor across pools. */
  readonly ranges: readonly IpRange[];
  /** False: only for Services that ask for this pool or for an address in it. Default true. */
  readonly autoAssign: boolean;
  /** Skip IPv4 addresses whose last octet is 0 or 255. Default false. */
  readonly avoidBuggyIps: boolean;
}

/** The line in which a range of a pool is written; undefined where it is unknown. */
export type LineOfRange = (pool: Pool, range: IpRange) => number | undefined;

/** The pool and the range of it that contain an address: no two ranges overlap. */
export function findRange(
  pools: readonly Pool[],
  ip: Ip,
): { readonly pool: Pool; readonly range: IpRange } | undefined {
  for (const pool of pools) for (const range of pool.ranges) if (rangeContains(range, ip)) return { pool, range };
  return undefined;
}

/** Whether the pool skips the address: some old devices drop traffic to IPv4 addresses that end in 0 or 255. */
export function avoids({ avoidBuggyIps }: Pool, { family, value }: Ip): boolean {
  const last = value & 255n;
  return avoidBuggyIps && family === "ipv4" && (last === 0n || last === 255n);
}
