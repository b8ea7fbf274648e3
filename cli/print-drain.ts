import { counted } from "#src/model/counted.ts";
import { oneLine } from "#src/model/one-line.ts";
import { printTable } from "./table.ts";

/** What became of one address of a node that is drained. */
export interface DrainRow {
  readonly address: string;
  readonly services: readonly string[];
  /** The node that was to take it over, or would; undefined where none can. */
  readonly to: string | undefined;
  readonly result: "moved" | "kept" | "unfinished";
  /** Empty where it moved. */
  readonly why: string;
}

/** A row for each address, why some stay, and a summary. Where `isWide` the reasons are a column. */
export function printDrain(
  node: string,
  rows: readonly DrainRow[],
  { isDryRun, isWide }: { readonly isDryRun: boolean; readonly isWide: boolean },
): string {
  if (rows.length === 0) return `${oneLine(`Node ${node} announces no address.`)}\n`;
  const table = printTable(
    ["RESULT", "ADDRESS", "SERVICES", "TO NODE", ...(isWide ? ["WHY"] : [])],
    rows.map(({ result, address, services, to, why }) => {
      return [nameOf(result, isDryRun), address, services.join(", "), to ?? "", ...(isWide ? [why] : [])];
    }),
  );
  const explained = isWide ? [] : rows.filter(({ why }) => why !== "");
  const reasons = explained.map(({ address, why }) => `${oneLine(`${address}: ${why}`)}\n`);
  const counts = (["moved", "kept", "unfinished"] as const)
    .map((result) => ({ result, count: rows.filter((row) => row.result === result).length }))
    .filter(({ result, count }) => count > 0 || result === "moved")
    .map(({ result, count }) => `${count} ${nameOf(result, isDryRun)}`);
  const summary = `${counted(rows.length, "address", "addresses")} of node ${node}: ${counts.join(", ")}.`;
  return [table, ...(reasons.length === 0 ? [] : [reasons.join("")]), `${oneLine(summary)}\n`].join("\n");
}

/** As JSON; `dryRun`: what would be. */
export function drainAsJson(node: string, rows: readonly DrainRow[], dryRun: boolean): unknown {
  const of = (wanted: DrainRow["result"]) => rows.filter(({ result }) => result === wanted);
  return {
    node,
    dryRun,
    moved: of("moved").map(({ address, services, to }) => ({ address, services, to })),
    kept: of("kept").map(({ address, services, why }) => ({ address, services, why })),
    unfinished: of("unfinished").map(({ address, services, to, why }) => ({ address, services, to, why })),
  };
}

function nameOf(result: DrainRow["result"], isDryRun: boolean): string {
  if (!isDryRun) return result;
  return result === "moved" ? "to move" : "to keep";
}
