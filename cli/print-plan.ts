import { counted } from "#src/model/counted.ts";
import type { Foretold } from "#src/view/foretell.ts";
import { withProblems } from "./print-lines.ts";
import { printTable } from "./table.ts";

/** Said where there are orphaned addresses. */
const ORPHANS =
  "Orphaned addresses keep serving. To keep them in a pool, add them to one; to exchange them, run hawser release.\n";

/** What comes of a change, as a person reads it: a row for each address that does not stay as it is, and a summary. */
export function printPlan({ keep, gain, lose, move, orphan, problems }: Omit<Foretold, "configProblems">): string {
  const rows = [
    ...lose.map(({ service, address }) => ["loses", service, address, ""]),
    ...move.map(({ service, from, to }) => ["moves", service, from, to]),
    ...orphan.map(({ service, address }) => ["orphaned", service, address, `${address}, in no pool`]),
    ...gain.map(({ service, address }) => ["gains", service, "", address]),
  ];
  const table = rows.length === 0 ? [] : [printTable(["CHANGE", "SERVICE", "HAS", "WOULD HAVE"], rows)];
  const counts = [`${lose.length} lost`, `${move.length} moved`, `${orphan.length} orphaned`, `${gain.length} gained`];
  const summary = printPlanSummary(keep, counts);
  const advice = orphan.length === 0 ? [] : [ORPHANS];
  return withProblems([...table, [summary, ...advice].join("")].join("\n"), problems);
}

/** How many Services keep their addresses, and what becomes of other addresses. */
export function printPlanSummary(keep: number, counts: readonly string[]): string {
  return `${counted(keep, "Service keeps its", "Services keep their")} addresses. Addresses: ${counts.join(", ")}.\n`;
}
