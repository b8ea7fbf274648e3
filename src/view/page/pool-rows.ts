import type { StatusView } from "#src/view/status-view.ts";

/** How full a pool is, of both address families together. */
export interface PoolRow {
  /** Its name. */
  readonly key: string;
  /** Decimal digits: an IPv6 pool has more addresses than a JSON number can count. */
  readonly size: string;
  /** Addresses in use by the controller's plan; null where that is not known. */
  readonly used: number | null;
  readonly free: string | null;
  /** Whole per cent of its addresses in use, rounded up, so that 0 means none; null where that is not known. */
  readonly percent: number | null;
  readonly level: "ok" | "high" | "full" | "unknown";
  readonly autoAssign: boolean;
  readonly disabled: boolean;
  readonly ranges: readonly string[];
}

/** From so many per cent on a pool is nearly full: the default of the controller's --pool-warning-percent. */
const HIGH_PERCENT = 90;

/** The pools in declared order. */
export function poolRows(pools: StatusView["pools"]): readonly PoolRow[] {
  return pools.map(({ name, size, used, autoAssign, disabled, ranges }) => {
    const all = BigInt(size);
    const percent = used === undefined ? null : percentOf(BigInt(used), all);
    const level = percent === null ? "unknown" : percent >= 100 ? "full" : percent >= HIGH_PERCENT ? "high" : "ok";
    return {
      key: name,
      size,
      used: used ?? null,
      free: used === undefined ? null : String(all - BigInt(used)),
      percent,
      level,
      autoAssign,
      disabled,
      ranges,
    };
  });
}

function percentOf(used: bigint, all: bigint): number {
  if (all === 0n) return 100;
  // 99.6 % of a pool is not full.
  const up = (used * 100n + all - 1n) / all;
  return Number(up >= 100n && used < all ? 99n : up);
}
