import { counted } from "#src/model/counted.ts";
import { oneLine } from "#src/model/one-line.ts";
import { printTable } from "./table.ts";

/** What became of one address of a Service. */
export interface ReleaseRow {
  readonly service: string;
  readonly from: string;
  /** What the Service got in its place; undefined where that is another one that it has, or none. */
  readonly to: string | undefined;
  readonly result: "released" | "kept" | "unfinished" | "untried";
  /** Empty where it was released. */
  readonly why: string;
}

/** What became of addresses, for a terminal: a row for each, why some were not released, and a summary. Where `isWide` the reasons are a column. */
export function printRelease(rows: readonly ReleaseRow[], isDryRun: boolean, isWide = false): string {
  if (rows.length === 0) return "There is nothing to release.\n";
  const table = printTable(
    ["RESULT", "SERVICE", "HAD", isDryRun ? "WOULD HAVE" : "HAS", ...(isWide ? ["WHY"] : [])],
    rows.map(({ result, service, from, to, why }) => {
      return [nameOf(result, isDryRun), service, from, hasAfter(result, from, to), ...(isWide ? [why] : [])];
    }),
  );
  const explained = isWide ? [] : rows.filter(({ why }) => why !== "");
  const reasons = explained.map(({ service, why }) => `${oneLine(`${service}: ${why}`)}\n`);
  const counts = (["released", "kept", "unfinished", "untried"] as const)
    .map((result) => ({ result, count: rows.filter((row) => row.result === result).length }))
    .filter(({ result, count }) => count > 0 || result === "released")
    .map(({ result, count }) => `${count} ${nameOf(result, isDryRun)}`);
  const summary = `${counted(rows.length, "address", "addresses")}: ${counts.join(", ")}.\n`;
  return [table, ...(reasons.length === 0 ? [] : [[...new Set(reasons)].join("")]), summary].join("\n");
}

function nameOf(result: ReleaseRow["result"], isDryRun: boolean): string {
  if (!isDryRun) return result === "untried" ? "not tried" : result;
  return result === "released" ? "to release" : "to keep";
}

function hasAfter(result: ReleaseRow["result"], from: string, to: string | undefined): string {
  if (result === "kept" || result === "untried") return from;
  return result === "unfinished" && to !== undefined ? `${to} and ${from}` : (to ?? "");
}
