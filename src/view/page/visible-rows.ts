/** Which rows of a long list are drawn. */
export interface VisibleRows {
  /** The first row that is drawn, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Pixels in place of the rows before and after. */
  readonly before: number;
  readonly after: number;
}

/** Rows drawn beyond the edges, so that a quick scroll shows no gap. */
const BEYOND = 12;

/** The rows of a list of `count` rows, each `rowHeight` pixels high, that a window of `height` pixels shows at `top`. */
export function visibleRows({
  count,
  rowHeight,
  top,
  height,
}: {
  readonly count: number;
  readonly rowHeight: number;
  readonly top: number;
  readonly height: number;
}): VisibleRows {
  const first = Math.floor(Math.max(0, top) / rowHeight) - BEYOND;
  // A list that became shorter is drawn to its end, although the window has not followed yet.
  const from = Math.max(0, Math.min(first, count - Math.ceil(height / rowHeight) - BEYOND));
  const to = Math.min(count, Math.max(from, Math.ceil((Math.max(0, top) + height) / rowHeight) + BEYOND));
  return { from, to, before: from * rowHeight, after: (count - to) * rowHeight };
}
