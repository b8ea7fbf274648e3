import type { Family, Ip } from "#src/ip/address.ts";
import type { HostAddresses } from "#src/model/host-addresses.ts";
import type { Pool, UnservedPool } from "#src/model/pool.ts";
import type { Reason } from "#src/model/reason.ts";
import type { Service } from "#src/model/service.ts";
import type { ServiceClass } from "#src/model/service-class.ts";

/** The labels of each namespace, by its name. */
export type NamespaceLabels = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** An address that no Service has, and which is kept for the one that had it. */
export interface Rest {
  /** When it was freed, in milliseconds on the clock of `nowMs`. */
  readonly sinceMs: number;
  /** The key of the Service that had it last; empty where that is not known. */
  readonly service: string;
}

/** Everything the assignment depends on: same snapshot, same plan. */
export interface AssignmentSnapshot extends ServiceClass {
  /** The pools of the last good configuration; undefined when there never was one. */
  readonly pools: readonly Pool[] | undefined;
  /** Pools of the same configuration that are not served. Another list goes with other pools. Left out: none. */
  readonly unserved?: readonly UnservedPool[] | undefined;
  /** All Services that could be read, of every type, by key. Their order does not matter. */
  readonly services: ReadonlyMap<string, Service>;
  /** Services that could not be read: what their status holds and their external IPs, by key. No other Service gets these. */
  readonly unreadable: ReadonlyMap<string, readonly Ip[]>;
  /** What hosts have themselves: no Service gets it, and one that has it in its status loses it. A new map whenever it differs. */
  readonly hostAddresses: HostAddresses;
  /**
   * What networks of the nodes keep for themselves, by canonical text: no Service gets it, and one that has it keeps it. A
   * new map whenever it differs. Left out: none are known.
   */
  readonly networkAddresses?: ReadonlyMap<string, Ip> | undefined;
  /** For the pools that select namespaces by labels. A new map whenever it differs. Left out: only names are known. */
  readonly namespaces?: NamespaceLabels | undefined;
  /** Freed addresses by canonical text, as long as they rest. A new map whenever it differs. */
  readonly resting: ReadonlyMap<string, Rest>;
  /** What each Service had last, by its key, also of those that are deleted: it gets that back where it is free. */
  readonly former: ReadonlyMap<string, readonly Ip[]>;
  /** Milliseconds on any steady clock. */
  readonly nowMs: number;
}

/** An address that a Service had in its status and does not keep. */
export interface Released {
  readonly ip: Ip;
  /** `AddressReleased`, `AddressConflict`, `AddressUnusable` or `AddressNotOurs`. */
  readonly reason: Reason;
  readonly message: string;
}

/**
 * What happens to a Service: `keep` has what it had (all of it, or as much as there is); `assign` gets addresses,
 * possibly in place of others; `release` had addresses and ends without; `pending` has none and gets none;
 * `ignore` is not ours to decide.
 */
type AssignmentKind = "keep" | "assign" | "release" | "pending" | "ignore";

/** The decision for one Service. Everything except `kind` and `released` depends on the outcome alone, not on what was there before. */
export interface Assignment {
  readonly kind: AssignmentKind;
  /** What its status shall hold, in this order. For `ignore`: what it holds. */
  readonly addresses: readonly Ip[];
  /**
   * The pools that the addresses are from, comma-separated where they differ; undefined where it has none. An address that
   * no pool contains any longer is from the one that the annotation names.
   */
  readonly pool: string | undefined;
  /** What the Service shares its address by, while it has one: the text of an annotation. Undefined where it does not. */
  readonly terms: string | undefined;
  readonly reason: Reason;
  readonly message: string;
  readonly released: readonly Released[];
}

/** How much room a pool has in one family after the plan. */
export interface PoolRoom {
  readonly pool: string;
  /** Of a pool that is an IPAddressPool, its key. */
  readonly resource?: string | undefined;
  readonly family: Family;
  /** Addresses that may be assigned: without those that are excluded. */
  readonly size: bigint;
  /** Those of them that are not in use; resting ones are among them. */
  readonly free: bigint;
  /** See Pool. */
  readonly warningPercent?: number | undefined;
}

/** How full a pool is in one family after the plan. */
export interface PoolUsage extends PoolRoom {
  /** Addresses of the pool in use, also those that are excluded and kept: Services have them, or others keep Services off them. */
  readonly used: number;
  /** Those of them that Services have by the plan, or are leaving; without node addresses, external IPs and what Services of others have. */
  readonly assigned: number;
  /** Addresses in use that were assigned from a pool of this name, and that no pool contains any longer. */
  readonly orphaned: number;
  /** Free addresses that rest. */
  readonly resting: number;
  /** Addresses of the pool that are never assigned: excluded ones, those that `avoid-buggy-ips` avoids, addresses of networks. */
  readonly excluded: bigint;
}

/** The decisions by Service key, oldest Service first, and the pools in declared order. */
export interface AssignmentPlan {
  readonly assignments: ReadonlyMap<string, Assignment>;
  readonly pools: readonly PoolUsage[];
  /** Resting addresses that are kept no longer, because their namespace has others in their place: they are free in the next plan. */
  readonly givenUp: readonly Ip[];
}

/** What a plan decided again. */
export interface PlanUpdate {
  /** Keys of the Services it decided about, oldest first. */
  readonly decided: readonly string[];
  /** What was decided before for those that are no longer there, or cannot be read. */
  readonly gone: ReadonlyMap<string, Assignment>;
}
