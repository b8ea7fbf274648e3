import { visibleRows } from "#src/view/page/visible-rows.ts";
import { type Child, html, useEffect, useLayoutEffect, useRef, useState, type VNode } from "./preact.js";

/** Pixels of a row, on wide screens and on narrow ones, where a row has two lines (page.css). */
const ROW_HEIGHT = { wide: 34, narrow: 58 } as const;
const NARROW = "(max-width: 640px)";

interface LongListProps<Row> {
  /** For people who do not see it: `Addresses`. */
  readonly label: string;
  readonly className: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  keyOf(row: Row): string;
  /** The cells of a row, one for each column. */
  cellsOf(row: Row): readonly Child[];
  toneOf(row: Row): string;
}

/** A table of any length, of which only the rows in sight are in the document. */
export function LongList<Row>({ label, className, columns, rows, keyOf, cellsOf, toneOf }: LongListProps<Row>): VNode {
  const box = useRef<HTMLElement | null>(null);
  const rowHeight = useMatch(NARROW) ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide;
  const [{ top, height }, setSeen] = useState({ top: 0, height: 400 });
  const look = (): void => {
    const { current } = box;
    if (current !== null) setSeen({ top: current.scrollTop, height: current.clientHeight });
  };
  useLayoutEffect(look, [rows.length, rowHeight]);
  const { from, to, before, after } = visibleRows({ count: rows.length, rowHeight, top, height });
  return html`<div class=${`table ${className}`} role="table" aria-label=${label} aria-rowcount=${rows.length + 1}>
    <div role="rowgroup" class="title">
      <div role="row" aria-rowindex="1">
        ${columns.map((name) => html`<span role="columnheader" key=${name}>${name}</span>`)}
      </div>
    </div>
    <div role="rowgroup" class="body" ref=${box} onScroll=${look} tabindex="0" aria-label=${`${label}, rows`}>
      <div style=${{ height: `${before}px` }} aria-hidden="true"></div>
      ${rows
        .slice(from, to)
        .map(
          (row, at) =>
            html`<div role="row" key=${keyOf(row)} class=${`row ${toneOf(row)}`} aria-rowindex=${from + at + 2}>
              ${cellsOf(row).map((cell, column) => html`<span role="cell" key=${columns[column]}>${cell}</span>`)}
            </div>`,
        )}
      <div style=${{ height: `${after}px` }} aria-hidden="true"></div>
    </div>
  </div>`;
}

/** Whether a media query matches now. */
function useMatch(query: string): boolean {
  const [isMatch, setMatch] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const change = (): void => setMatch(list.matches);
    list.addEventListener("change", change);
    return () => list.removeEventListener("change", change);
  }, [query]);
  return isMatch;
}
