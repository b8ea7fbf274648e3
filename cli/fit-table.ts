import { oneLine } from "#src/model/one-line.ts";
import type { TextStyle, Tone } from "./text-style.ts";

/** A cell of a table: its text, and what it is meant as. */
export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

const GAP = 2;
/** No column becomes narrower, as long as others are wider. */
const NARROWEST = 6;

/** Lines of a table for a terminal with so many columns (`width`): where it would be wider, the widest ones become narrower. The row `chosen` is marked. */
export function fitTable(
  title: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width, style, chosen }: { readonly width: number; readonly style: TextStyle; readonly chosen?: number | undefined },
): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => ({ ...cell, text: oneLine(cell.text) || "-" })));
  const widths = shrunk(
    title.map((name, at) => Math.max(name.length, ...cells.map((row) => row[at]?.text.length ?? 0))),
    width - GAP * (title.length - 1),
  );
  const line = (row: readonly Cell[], look: (cell: Cell, text: string) => string): string =>
    row
      .map((cell, at) =>
        look(cell, cut(cell.text, widths[at] ?? 0).padEnd(at === row.length - 1 ? 0 : (widths[at] ?? 0))),
      )
      .join(" ".repeat(GAP));
  const head = line(
    title.map((text) => ({ text })),
    (_, text) => style("faint", text),
  );
  const drawn = cells.map((row, at) =>
    at === chosen
      ? style(
          "chosen",
          line(row, (_, text) => text),
        )
      : line(row, ({ tone = "plain" }, text) => style(tone, text)),
  );
  return [head, ...drawn];
}

/** A text in so many columns. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function shrunk(wanted: readonly number[], room: number): readonly number[] {
  const widths = [...wanted];
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
