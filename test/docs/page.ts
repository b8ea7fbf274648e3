import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The root of the project, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The text of a file of the project. */
export function read(path: string): string {
  return readFileSync(root + path, "utf8");
}

/** A Markdown table; a cell that has a | does not end there. */
export function tableOf(title: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [line(title), `|${"---|".repeat(title.length)}`, ...rows.map(line)].join("\n");
}

/** Puts a table after the comment that names the file it is made from. */
export function withTable(text: string, source: string, table: string): string {
  const escaped = source.replaceAll(".", "\\.");
  return text.replace(
    new RegExp(`(<!-- [^\\n]*${escaped}\\. -->\\n)(?:\\n(?:\\|[^\\n]*\\n)+)?`),
    (_, comment: string) => `${comment}\n${table}\n`,
  );
}
