import { oneLine } from "#src/model/one-line.ts";
import type { HistoryEntry, HistoryView } from "#src/view/view-history.ts";
import { printTable } from "./table.ts";

/** A history for a terminal: the subject, and one line for each change. Where `isWide` as a table, with times to the millisecond. */
export function printHistory({ subject, entries, isCut }: HistoryView, isWide = false): string {
  const title = subject.kind === "Address" ? `Address ${subject.address}` : `Service ${subject.service}`;
  const none = entries.length === 0 ? ["No change of it is known."] : [];
  const cut = isCut ? ["Older changes are not kept."] : [];
  const changes = isWide ? printWide(entries) : printChanges(entries);
  return [`${oneLine(title)}\n`, changes, ...[...none, ...cut].map((line) => `${line}\n`)].join("");
}

function printChanges(entries: readonly HistoryEntry[]): string {
  const width = Math.max(0, ...entries.map(({ address }) => address.length));
  const lines = entries.map((one) => {
    const at = one.at.replace(/\.\d+Z$/, "Z").padEnd(20);
    return `${at}  ${one.change.padEnd(9)}  ${one.address.padEnd(width)}  ${printActor(one)}`;
  });
  return lines.map((line) => `${oneLine(line)}\n`).join("");
}

function printWide(entries: readonly HistoryEntry[]): string {
  const title = ["AT", "CHANGE", "ADDRESS", "SERVICE", "NODE", "BEFORE", "CAUSE"];
  const rows = entries.map(({ at, change, address, service = "", node = "", from = "", cause = "" }) => {
    return [at, change, address, service, node, from, cause];
  });
  return rows.length === 0 ? "" : printTable(title, rows);
}

function printActor({ change, service, node, from, cause = "", silentMs }: HistoryEntry): string {
  if (change === "assigned") return `to ${service}`;
  if (change === "released") return `by ${service}`;
  const before = from === undefined ? "" : `, before by ${from}`;
  const silence = silentMs === undefined ? "" : `, silent for ${silentMs} ms`;
  return `by ${node}${before}${cause === "" ? "" : ` (${cause}${silence})`}`;
}
