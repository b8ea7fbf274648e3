import { counted } from "#src/model/counted.ts";
import { keyOf } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Foretold } from "#src/view/foretell.ts";
import { withProblems } from "./print-lines.ts";
import { printTable } from "./table.ts";

/** Said where there are orphaned addresses. */
const ORPHANS =
  "Orphaned addresses keep serving. To keep them in a pool, add them to one; to exchange them, run hawser release.\n";

/**
 * What comes of a change, as a person reads it: a row for each address that does not stay as it is, and a summary. Where `isWide`
 * with the reason why a Service lacks an address.
 */
export function printPlan(
  { keep, gain, lose, move, orphan, problems }: Omit<Foretold, "configProblems">,
  isWide = false,
): string {
  const reasons = new Map(problems.map((problem) => [objectKeyOf(problem), problem.why]));
  const rows = [
    ...lose.map(({ service, address }) => ["loses", service, address, ""]),
    ...move.map(({ service, from, to }) => ["moves", service, from, to]),
    ...orphan.map(({ service, address }) => ["orphaned", service, address, `${address}, in no pool`]),
    ...gain.map(({ service, address }) => ["gains", service, "", address]),
  ];
  const title = ["CHANGE", "SERVICE", "HAS", "WOULD HAVE", ...(isWide ? ["WHY"] : [])];
  const shown = rows.map((row) => [...row, ...(isWide ? [reasons.get(`Service ${row[1]}`) ?? ""] : [])]);
  const table = rows.length === 0 ? [] : [printTable(title, shown)];
  const counts = [`${lose.length} lost`, `${move.length} moved`, `${orphan.length} orphaned`, `${gain.length} gained`];
  const summary = printPlanSummary(keep, counts);
  const advice = orphan.length === 0 ? [] : [ORPHANS];
  return withProblems([...table, [summary, ...advice].join("")].join("\n"), problems);
}

/** How many Services keep their addresses, and what becomes of other addresses. */
export function printPlanSummary(keep: number, counts: readonly string[]): string {
  return `${counted(keep, "Service keeps its", "Services keep their")} addresses. Addresses: ${counts.join(", ")}.\n`;
}

function objectKeyOf({ at }: Problem): string {
  return at.kind === "object" ? `${at.object.kind} ${keyOf(at.object)}` : "";
}
