import { oneLine } from "#src/model/one-line.ts";

/** Text in columns under a title row, each as wide as its widest cell; control and format characters cannot reach the terminal. */
export function printTable(title: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [title, ...rows].map((row) => row.map(clean));
  const widths = title.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function clean(text: string): string {
  return oneLine(text.replaceAll(/\p{Cc}+/gu, " ")) || "-";
}
