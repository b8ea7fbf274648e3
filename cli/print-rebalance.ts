import { counted } from "#src/model/counted.ts";
import { oneLine } from "#src/model/one-line.ts";
import type { RebalancedAddress } from "#src/view/plan-rebalance.ts";
import { printTable } from "./table.ts";

interface Rebalanced {
  readonly moved: readonly RebalancedAddress[];
  readonly unmoved: readonly RebalancedAddress[];
  readonly isDryRun: boolean;
}

/** A row for each address that moved, would move, or has not moved yet, and a summary. */
export function printRebalance({ moved, unmoved, isDryRun }: Rebalanced): string {
  if (moved.length + unmoved.length === 0) return "The addresses are spread: nothing is to move.\n";
  const row = (result: string) => (one: RebalancedAddress) => [
    result,
    one.address,
    one.services.join(", "),
    one.from,
    one.to,
  ];
  const done = isDryRun ? "to move" : "moved";
  const rows = [...moved.map(row(done)), ...unmoved.map(row("not moved"))];
  const rest = unmoved.length === 0 ? "" : `, ${unmoved.length} not moved`;
  const summary = `${counted(rows.length, "address", "addresses")}: ${moved.length} ${done}${rest}.`;
  return [printTable(["RESULT", "ADDRESS", "SERVICES", "FROM NODE", "TO NODE"], rows), `${oneLine(summary)}\n`].join(
    "\n",
  );
}
