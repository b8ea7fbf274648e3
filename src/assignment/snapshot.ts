import type { Family, Ip } from "#src/ip/address.ts";
import type { NodeAddresses } from "#src/model/node-addresses.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Reason } from "#src/model/reason.ts";
import type { Service } from "#src/model/service.ts";

/** Everything the assignment depends on: same snapshot, same plan. */
export interface AssignmentSnapshot {
  /** The pools of the last good configuration; undefined when there never was one. */
  readonly pools: readonly Pool[] | undefined;
  /** All Services that could be read, of every type, by key. Their order does not matter. */
  readonly services: ReadonlyMap<string, Service>;
  /** Services that could not be read: what their status holds by key. Nobody else gets these addresses. */
  readonly unreadable: ReadonlyMap<string, readonly Ip[]>;
  /** The Nodes' own addresses: given to nobody. A Service that has one in its status keeps it. */
  readonly nodeAddresses: NodeAddresses;
  /**
   * Recently freed addresses by canonical text: when each was freed, in milliseconds on the clock of `nowMs`. Another map
   * whenever it is different.
   */
  readonly resting: ReadonlyMap<string, number>;
  /** Milliseconds on any steady clock. */
  readonly nowMs: number;
  /** Services of exactly this `spec.loadBalancerClass` are ours; undefined: those without a class. */
  readonly loadBalancerClass: string | undefined;
}

/** An address that a Service had in its status and does not keep. */
export interface Released {
  readonly ip: Ip;
  /** `AddressReleased`, or `AddressConflict` where an older Service has the address. */
  readonly reason: Reason;
  readonly message: string;
}

/**
 * What happens to a Service: `keep` has what it had (all of it, or as much as there is); `assign` gets addresses,
 * possibly in place of others; `release` had addresses and ends without; `pending` has none and gets none;
 * `ignore` is none of our business.
 */
type AssignmentKind = "keep" | "assign" | "release" | "pending" | "ignore";

/** The decision for one Service. All but `kind` and `released` depends on the outcome alone, not on how it came about. */
export interface Assignment {
  readonly kind: AssignmentKind;
  /** What its status shall hold, in this order. For `ignore`: what it holds. */
  readonly addresses: readonly Ip[];
  /** The pools of the addresses, comma-separated where they differ; undefined where no pool contains them. */
  readonly pool: string | undefined;
  readonly reason: Reason;
  readonly message: string;
  readonly released: readonly Released[];
}

/** How full a pool is in one family after the plan. */
export interface PoolUsage {
  readonly pool: string;
  readonly family: Family;
  /** Addresses that may be given out: without those that `avoid-buggy-ips` excludes. */
  readonly size: bigint;
  readonly used: number;
}

/** The decisions by Service key, oldest Service first, and the pools in declared order. */
export interface AssignmentPlan {
  readonly assignments: ReadonlyMap<string, Assignment>;
  readonly pools: readonly PoolUsage[];
}

/** What a plan decided anew. */
export interface PlanUpdate {
  /** Keys of the Services it decided about, oldest first. */
  readonly decided: readonly string[];
  /** What was decided before for those that are there no more, or cannot be read. */
  readonly gone: ReadonlyMap<string, Assignment>;
}
