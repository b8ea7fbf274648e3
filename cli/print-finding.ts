import { counted } from "#src/model/counted.ts";
import { listed } from "#src/model/listed.ts";
import { oneLine } from "#src/model/one-line.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { CheckResult, Finding } from "./check-result.ts";
import { printTable } from "./table.ts";

/** Findings as a person reads them, one below the other; where `isWide` as a table. */
export function printFindings(findings: readonly Finding[], isWide: boolean): string {
  if (!isWide || findings.length === 0) return findings.map((one) => `${printFinding(one)}\n`).join("");
  const rows = findings.map(({ severity, code, file, at, what, why, fix }) => {
    return [severity, code, at.kind === "file" ? "" : file, printPlace(at), what, why, fix];
  });
  return printTable(["SEVERITY", "CODE", "FILE", "WHERE", "WHAT", "WHY", "FIX"], rows);
}

/** One finding as a person reads it. */
export function printFinding({ file, severity, code, at, what, why, fix }: Finding): string {
  const where = printPlace(at);
  const place = file === "" || at.kind === "file" ? where : `${file}  ${where}`;
  return [`${severity} ${code}`, `  where  ${place}`, `  what   ${what}`, `  why    ${why}`, `  fix    ${fix}`, ""]
    .map(oneLine)
    .join("\n");
}

/** The last line: how much was read, and what was found. */
export function printSummary({ findings, objects, otherKinds }: CheckResult): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const ignored = listed(
    [...otherKinds].map(([kind, count]) => `${count} ${shortKind(kind)}`),
    KINDS_SHOWN,
  );
  const counts = [counted(errors, "error"), counted(findings.length - errors, "warning")].join(", ");
  const verdict = `${counted(objects, "object")} read: ${counts}`;
  return `${verdict}${ignored === "" ? "" : `. Ignored: ${ignored}`}\n`;
}

/** Kinds in the summary. */
const KINDS_SHOWN = 12;
/** Characters of a kind: a word that a user wrote. */
const MAX_KIND = 63;

function shortKind(kind: string): string {
  return oneLine(kind.length > MAX_KIND ? `${kind.slice(0, MAX_KIND)}...` : kind);
}
