import { oneLine } from "#src/model/one-line.ts";
import type { HistoryEntry, HistoryView } from "#src/view/view-history.ts";

/** A history for a terminal: the subject, and one line for each change. */
export function printHistory({ subject, entries, isCut }: HistoryView): string {
  const title = subject.kind === "Address" ? `Address ${subject.address}` : `Service ${subject.service}`;
  const width = Math.max(0, ...entries.map(({ address }) => address.length));
  const lines = entries.map((one) => {
    const at = one.at.replace(/\.\d+Z$/, "Z").padEnd(20);
    return `${at}  ${one.change.padEnd(9)}  ${one.address.padEnd(width)}  ${printActor(one)}`;
  });
  const none = entries.length === 0 ? ["No change of it is known."] : [];
  const cut = isCut ? ["Older changes are not kept."] : [];
  return `${[title, ...lines, ...none, ...cut].map(oneLine).join("\n")}\n`;
}

function printActor({ change, service, node, from, cause = "" }: HistoryEntry): string {
  if (change === "assigned") return `to ${service}`;
  if (change === "released") return `by ${service}`;
  const before = from === undefined ? "" : `, before by ${from}`;
  return `by ${node}${before}${cause === "" ? "" : ` (${cause})`}`;
}
