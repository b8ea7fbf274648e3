import type { PoolUsage } from "#src/assignment/snapshot.ts";
import type { Problem } from "#src/model/problem.ts";
import { type ExplainInput, explainContext } from "./explain-context.ts";
import { findMissing, isNotConfigured } from "./find-missing.ts";

/** A pool in one family. Numbers are decimal digits: an IPv6 pool has more addresses than a JSON number can count. */
export interface PoolView {
  /** Empty for the addresses of pools that no longer exist. */
  readonly pool: string;
  readonly family: "ipv4" | "ipv6";
  /** Addresses that may be assigned. */
  readonly size: string;
  /** Addresses in use, by Services and by others that keep Services off them. */
  readonly used: string;
  /** Addresses that may be assigned and are not in use. */
  readonly free: string;
  /** Addresses in use that were assigned from a pool of this name, and that no pool contains any longer. */
  readonly orphaned: string;
  /** Free addresses that are kept for the Service that had them, or assigned last; null where the history cannot be read. */
  readonly resting: string | null;
  /** Addresses of the pool that are never assigned. */
  readonly excluded: string;
}

/** What `hawser pools` shows. */
export interface PoolsView {
  /** In declared order, IPv4 first; undefined where they cannot be known. */
  readonly pools: readonly PoolView[] | undefined;
  readonly problems: readonly Problem[];
  /** The installation, or all of its configuration, is not there. */
  readonly isMissing: boolean;
}

/** Counts the addresses of the pools as the controller's planner does. Which addresses rest is read from the history. */
export function viewPools(input: ExplainInput): PoolsView {
  const context = explainContext(input);
  const missing = findMissing(input);
  return {
    pools: context.assignments && context.usage.map((usage) => viewUsage(usage, input.history !== undefined)),
    problems: [...missing, ...input.problems, ...context.configProblems],
    isMissing: isNotConfigured(missing),
  };
}

function viewUsage(usage: PoolUsage, isHistoryKnown: boolean): PoolView {
  const { pool, family } = usage;
  return {
    pool,
    family,
    size: String(usage.size),
    used: String(usage.used),
    free: String(usage.free),
    orphaned: String(usage.orphaned),
    resting: isHistoryKnown ? String(usage.resting) : null,
    excluded: String(usage.excluded),
  };
}
