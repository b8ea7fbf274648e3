import { printPlanSummary } from "./print-plan.ts";
import { type ForetoldAdoption, isHarmless } from "#src/migration/foretell-adoption.ts";
import type { MigrationItem } from "#src/migration/migration-item.ts";
import { isAboutBgp } from "#src/migration/not-served.ts";
import type { MigrationReport } from "#src/migration/report-migration.ts";
import { oneLine } from "#src/model/one-line.ts";
import { printFile, printSection, printStep } from "./print-section.ts";
import { printLines } from "./print-lines.ts";
import { printTable } from "./table.ts";

const NOT_YET =
  "Not yet: addresses would change hands or have no node. Put them into pools of layer2, or accept it, before you begin.\n\n";

/** A report about a migration from MetalLB as a person reads it, from what stays as it is to the procedure; where `isWide` with pools. */
export function printMetallbMigration(report: MigrationReport, isWide = false): string {
  const { namespace, era, same, different, notServed, files, plan, steps, problems } = report;
  const source = era === "config-map" ? "a ConfigMap" : "custom resources";
  const others = problems.filter((problem) => !isAboutBgp(problem));
  return [
    `${oneLine(`MetalLB in namespace ${namespace}, configured by ${source}.`)}\n`,
    printSection("Works as it is", same.map(printSentences)),
    printSection(
      "Works differently",
      different.map((item) => printSentences({ ...item, text: `${item.topic}: ${item.text}` })),
    ),
    printSection("Not served", notServed.map(printSentences)),
    printSection("Our form", [printForm(report), ...files.map(printFile)]),
    printSection("What becomes of the addresses", [printChanges(plan, isWide)]),
    printSection("Procedure", [...(isHarmless(plan) ? [] : [NOT_YET]), ...steps.map(printStep)]),
    ...(others.length === 0 ? [] : [printSection("Problems", [printLines(others)])]),
  ].join("\n");
}

function printSentences({ text, fix }: MigrationItem): string {
  return `- ${oneLine([text, fix ?? ""].join(" ").trim())}\n`;
}

function printForm({ era }: MigrationReport): string {
  return era === "config-map"
    ? "The ConfigMap stays where it is. These files are all that has to be written, beside the folder install:\n"
    : "MetalLB's objects stay as they are: they are Hawser's configuration. These files are all that has to be written, beside the folder install:\n";
}

function printChanges(plan: ForetoldAdoption | undefined, isWide: boolean): string {
  if (plan === undefined)
    return "Not known: there is no configuration that can be used, so Hawser touches no address.\n";
  const { keep, gain, lose, move, orphan, silent, reasons } = plan;
  const why = (service: string): string => reasons.get(service) ?? "";
  const rows = [
    ...lose.map(({ service, address }) => ["loses", service, address, "", why(service)]),
    ...move.map(({ service, from, to }) => ["moves", service, from, to, why(service)]),
    ...orphan.map(({ service, address }) => ["orphaned", service, address, `${address}, in no pool`, why(service)]),
    ...silent.map(({ service, address, pool }) => [
      "keeps",
      service,
      address,
      `${address}, announced by no node`,
      `only BGP is for pool ${pool}`,
      pool,
    ]),
    ...gain.map(({ service, address }) => ["gains", service, "", address, ""]),
  ];
  const title = ["CHANGE", "SERVICE", "HAS", "WOULD HAVE", "WHY", ...(isWide ? ["POOL"] : [])];
  const shown = rows.map((row) => title.map((_, column) => row[column] ?? ""));
  const table = rows.length === 0 ? "" : `${printTable(title, shown)}\n`;
  const counts = [
    `${lose.length} lost`,
    `${move.length} moved`,
    `${orphan.length} orphaned`,
    `${silent.length} not announced`,
    `${gain.length} gained`,
  ];
  return `${table}${printPlanSummary(keep, counts)}`;
}
