import type { Ip } from "#src/ip/address.ts";
import { type IpRange, rangeContains } from "#src/ip/range.ts";
import type { PreferredNodes } from "./advertisement.ts";
import type { ConflictPolicy } from "./conflict-policy.ts";
import type { LabelSelector } from "./label-selector.ts";

/** A named set of addresses. Who announces them is said by advertisements. */
export interface Pool {
  readonly name: string;
  /** The IPAddressPool that it is from (`namespace/name`); left out: the ConfigMap. */
  readonly resource?: string;
  /** In the order written; no two overlap, neither here nor across pools. */
  readonly ranges: readonly IpRange[];
  /** False: only for Services that ask for this pool or for an address in it. Default true. */
  readonly autoAssign: boolean;
  /** Skip IPv4 addresses whose last octet is 0 or 255. Default false. */
  readonly avoidBuggyIps: boolean;
  /** Of several pools that may serve a Service, the lowest number comes first; 0 comes after all others. Default 0. */
  readonly priority: number;
  /** Only Services in one of these namespaces, or in one that a selector matches; both empty: all. */
  readonly namespaces: readonly string[];
  readonly namespaceSelectors: readonly LabelSelector[];
  /** Only Services whose labels match one of these; empty: all. */
  readonly serviceSelectors: readonly LabelSelector[];
  /** Addresses of the ranges that are not assigned. */
  readonly excluded: readonly IpRange[];
  /** How many addresses the Services of one namespace may have of this pool, 1 or more. Left out: no limit. */
  readonly quotaPerNamespace?: number;
  /** For how long an address that was released is kept for the Service that had it. Infinity: for ever. Left out: as long as by default. */
  readonly restMs?: number;
  /** The pool is reported as nearly full when so many percent of its addresses are in use, 1 to 100. Left out: as many as the controller's option says. */
  readonly warningPercent?: number;
  /** Nodes that announce its addresses before others, beside those that its advertisements prefer. Left out: none. */
  readonly preferredNodes?: readonly PreferredNodes[];
  /** What a speaker does where another machine has an address of it. Left out: `DEFAULT_CONFLICT_POLICY`. */
  readonly conflict?: ConflictPolicy;
  /** Services keep addresses of it, and no Service gets another one. Default false. */
  readonly isDisabled: boolean;
}

/** A pool that is configured, and that Hawser assigns no address of. */
export interface UnservedPool extends Pick<Pool, "name" | "ranges"> {
  /**
   * `bgp`: it is to be announced by BGP. `AddressPool`: it is an object of that kind, which is not read. `left-out`: it has the
   * name or an address of a pool that comes first. `unusable`: it is an IPAddressPool of which no version could be used.
   */
  readonly why: "bgp" | "AddressPool" | "left-out" | "unusable";
}

/** A pool that says nothing beside its addresses. */
export const PLAIN_POOL: Omit<Pool, "name" | "ranges"> = {
  autoAssign: true,
  avoidBuggyIps: false,
  priority: 0,
  namespaces: [],
  namespaceSelectors: [],
  serviceSelectors: [],
  excluded: [],
  isDisabled: false,
};

/** The line in which a range of a pool is written; undefined where it is unknown. */
export type LineOfRange = (pool: Pool, range: IpRange) => number | undefined;

/** The pool and the range of it that contain an address: no two ranges overlap. */
export function findRange<P extends Pick<Pool, "ranges">>(
  pools: readonly P[],
  ip: Ip,
): { readonly pool: P; readonly range: IpRange } | undefined {
  for (const pool of pools) for (const range of pool.ranges) if (rangeContains(range, ip)) return { pool, range };
  return undefined;
}

/** Why the pool does not assign an address of its ranges: it excludes it, or avoids it. Undefined where it may. */
export function whyClosed(pool: Pick<Pool, "excluded" | "avoidBuggyIps">, ip: Ip): "excluded" | "avoided" | undefined {
  if (avoids(pool, ip)) return "avoided";
  return pool.excluded.some((range) => rangeContains(range, ip)) ? "excluded" : undefined;
}

/** Whether the pool skips the address: some old devices drop traffic to IPv4 addresses that end in 0 or 255. */
export function avoids({ avoidBuggyIps }: Pick<Pool, "avoidBuggyIps">, { family, value }: Ip): boolean {
  const last = value & 255n;
  return avoidBuggyIps && family === "ipv4" && (last === 0n || last === 255n);
}
