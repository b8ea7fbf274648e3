import { nameOfFamily } from "#src/ip/address.ts";
import type { PoolsView, PoolView } from "#src/view/view-pools.ts";
import { withProblems } from "./print-lines.ts";
import { printTable } from "./table.ts";

/** Said where there are orphaned addresses. */
const ORPHANS =
  "Orphaned addresses keep serving. hawser release --pool NAME exchanges those that were assigned from this pool.\n";

/** Pools for a terminal: a row for each family of each; where `isWide` with how much of it is in use. */
export function printPools({ pools, problems }: PoolsView, isWide = false): string {
  return withProblems(printRows(pools, isWide), problems);
}

function printRows(pools: readonly PoolView[] | undefined, isWide: boolean): string {
  if (pools === undefined) return "The pools cannot be known, for the reasons below.\n";
  if (pools.length === 0) return "No pool is configured.\n";
  const title = [
    "POOL",
    "FAMILY",
    "SIZE",
    "USED",
    "FREE",
    "ORPHANED",
    "RESTING",
    "EXCLUDED",
    ...(isWide ? ["IN USE"] : []),
  ];
  const rows = pools.map(({ pool, family, size, used, free, orphaned, resting, excluded }) => [
    pool === "" ? "(gone)" : pool,
    nameOfFamily(family),
    size,
    used,
    free,
    orphaned,
    resting ?? "?",
    excluded,
    ...(isWide ? [printShare(used, size)] : []),
  ]);
  const isOrphaned = pools.some(({ orphaned }) => orphaned !== "0");
  return `${printTable(title, rows)}${isOrphaned ? ORPHANS : ""}`;
}

/** `57 %`, rounded down; `-` for a pool without addresses. */
function printShare(used: string, size: string): string {
  return size === "0" ? "-" : `${(BigInt(used) * 100n) / BigInt(size)} %`;
}
