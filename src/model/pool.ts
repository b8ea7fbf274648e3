import type { Ip } from "#src/ip/address.ts";
import type { IpRange } from "#src/ip/range.ts";
import type { NodeSelector } from "./node-selector.ts";

/** A named set of addresses, one entry of `address-pools` in the ConfigMap. */
export interface Pool {
  readonly name: string;
  readonly protocol: "layer2";
  /** In the order written; no two overlap, neither here nor across pools. */
  readonly ranges: readonly IpRange[];
  /** False: only for Services that ask for this pool or for an address in it. Default true. */
  readonly autoAssign: boolean;
  /** Skip IPv4 addresses whose last octet is 0 or 255. Default false. */
  readonly avoidBuggyIps: boolean;
  /** Only nodes that match one of these announce its addresses; left out, all do. */
  readonly nodeSelectors?: readonly NodeSelector[];
}

/** Whether the pool skips the address: some old devices drop traffic to IPv4 addresses that end in 0 or 255. */
export function avoids({ avoidBuggyIps }: Pool, { family, value }: Ip): boolean {
  const last = value & 255n;
  return avoidBuggyIps && family === "ipv4" && (last === 0n || last === 255n);
}
