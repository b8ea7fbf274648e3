import { eachLine, oneLine } from "#src/model/one-line.ts";
import { matchingRows } from "#src/view/page/matching-rows.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { printAge } from "#src/view/print-age.ts";
import { cut, fitTable } from "./fit-table.ts";
import type { TextStyle, Tone } from "./text-style.ts";
import { TOP_LISTS, type TopBlock, topBlock } from "./top-blocks.ts";
import { TOP_START, type TopState } from "./top-state.ts";

/** What is drawn. */
export interface TopSeen {
  /** What is looked at. */
  readonly title: string;
  /** Undefined: nothing has been seen yet. */
  readonly view: PageView | undefined;
  /** Why nothing can be seen now; empty where it can. */
  readonly blind: readonly string[];
  /** The explanation that is asked for, as text. */
  readonly explanation: string;
}

/** How it is drawn. */
export interface TopForm {
  readonly state: TopState;
  readonly nowMs: number;
  readonly columns: number;
  /** Undefined: as many as there are, for paper. */
  readonly lines: number | undefined;
  readonly style: TextStyle;
}

const KEYS = "0-6 block  Tab next  j k move  Enter explain  / search  Esc back  q quit";
const COLUMNS_WITH_KEYS = 60;

/** The lines of `hawser top`. */
export function drawTop(seen: TopSeen, form: TopForm): readonly string[] {
  const { view } = seen;
  const head = headOf(seen, form);
  if (view === undefined) return head;
  const room = form.lines === undefined ? Infinity : Math.max(3, form.lines - head.length - 1);
  const body = bodyOf(seen, matchingRows(view, form.state.search), { form, room });
  if (form.lines === undefined) return [...head, ...body];
  const shown = body.slice(0, room);
  const keys = form.columns < COLUMNS_WITH_KEYS ? "q quit" : KEYS;
  return [
    ...head,
    ...shown,
    ...Array.from({ length: Math.max(0, room - shown.length) }, () => ""),
    form.style("faint", cut(keys, form.columns)),
  ];
}

/** One view, with all rows of each block that fit a page, for a printer or a pipe. */
export function printTop(seen: TopSeen, form: Omit<TopForm, "state" | "lines">): string {
  return `${drawTop(seen, { ...form, state: TOP_START, lines: undefined }).join("\n")}\n`;
}

function headOf({ title, view, blind }: TopSeen, { nowMs, columns, style, state }: TopForm): readonly string[] {
  const age = view === undefined ? "" : `  seen ${printAge(nowMs - Date.parse(view.seenAt))} ago`;
  const name = oneLine(`Hawser  ${title}`);
  const search =
    state.isTyping || state.search !== ""
      ? [style("title", cut(oneLine(`/${state.search}${state.isTyping ? "_" : ""}`), columns))]
      : [];
  const lines = [
    style("title", cut(`${name}${age}`, columns)),
    ...(view === undefined ? [] : figures(view, { nowMs, columns, style })),
    ...search,
  ];
  const banner = blind.map((line) => style("bad", cut(oneLine(line), columns)));
  return [...lines, ...banner, ""];
}

/** In as many lines as they need. */
function figures(
  { strip }: PageView,
  { nowMs, columns, style }: Pick<TopForm, "nowMs" | "columns" | "style">,
): readonly string[] {
  const { services, speakers, leader, config } = strip;
  const parts: readonly (readonly [Tone, string])[] = [
    services === null
      ? ["unknown", "? Services"]
      : [services.unserved > 0 ? "bad" : "ok", `${services.unserved} of ${services.all} not served`],
    ...(services === null ? [] : ([[services.pending > 0 ? "bad" : "ok", `${services.pending} pending`]] as const)),
    speakers === null
      ? ["unknown", "? speakers"]
      : [
          speakers.up < speakers.all ? "warn" : "ok",
          `${speakers.up}/${speakers.all}${speakers.certain ? "" : "?"} speakers up`,
        ],
    leader === null
      ? ["unknown", "? leader"]
      : leader === "none"
        ? ["faint", "no election"]
        : [leader.leads ? "ok" : "bad", leader.leads ? oneLine(`${leader.holder} leads`) : "no controller leads"],
    config === null
      ? ["unknown", "? configuration"]
      : [config.state === "missing" || config.state === "invalid" ? "bad" : "ok", configText(config, nowMs)],
  ];
  const lines: { width: number; text: string }[] = [];
  for (const [tone, whole] of parts) {
    const text = cut(whole, columns);
    const last = lines.at(-1);
    if (last !== undefined && last.width + 2 + text.length <= columns) {
      last.text += `  ${style(tone, text)}`;
      last.width += 2 + text.length;
    } else lines.push({ width: text.length, text: style(tone, text) });
  }
  return lines.map(({ text }) => text);
}

function configText({ state, since, pools }: NonNullable<PageView["strip"]["config"]>, nowMs: number): string {
  const when = since === "" ? "" : ` ${printAge(nowMs - Date.parse(since))} ago`;
  const count = `${pools} pool${pools === 1 ? "" : "s"}`;
  return {
    loaded: `${count}, loaded${when}`,
    unknown: count,
    invalid: `configuration not loaded${when}`,
    missing: "no configuration",
  }[state];
}

interface Body {
  readonly form: TopForm;
  readonly room: number;
}

function bodyOf({ explanation }: TopSeen, view: PageView, { form, room }: Body): readonly string[] {
  const { state, nowMs, columns } = form;
  if (state.subject !== "") {
    const lines = eachLine(explanation === "" ? "Looking ..." : explanation)
      .split("\n")
      .flatMap((line) => wrapped(line, columns));
    return lines.slice(Math.min(state.scrolled, Math.max(0, lines.length - 1)));
  }
  if (state.block !== "all") {
    const block = topBlock(view, state.block, nowMs);
    const from = Math.max(0, Math.min(state.row - Math.floor((room - 2) / 2), block.rows.length - (room - 2)));
    return blockLines(block, { from, to: from + Math.max(1, room - 2), chosen: state.row - from, form });
  }
  const blocks = TOP_LISTS.map((list) => topBlock(view, list, nowMs));
  const counts = shareRows(blocks, room);
  return blocks.flatMap((block, at) => [
    ...blockLines(block, { from: 0, to: counts[at] ?? 0, form }),
    ...(at < blocks.length - 1 ? [""] : []),
  ]);
}

/** Of each block some rows, in turns: those that one does not need the others have. */
function shareRows(blocks: readonly TopBlock[], lines: number): readonly number[] {
  if (lines === Infinity) return blocks.map(() => MOST_PRINTED);
  const counts = blocks.map(() => 0);
  // Name, titles and the empty line after it.
  let left = lines - 3 * blocks.length + 1;
  for (let isGiven = true; isGiven && left > 0;) {
    isGiven = false;
    for (const [at, { rows }] of blocks.entries()) {
      if (left <= 0 || (counts[at] ?? 0) >= rows.length) continue;
      counts[at] = (counts[at] ?? 0) + 1;
      left -= 1;
      isGiven = true;
    }
  }
  return counts.map((count) => Math.max(1, count));
}

/** Rows of a block in what is printed once: a page is for looking, `hawser status` for all. */
const MOST_PRINTED = 40;

interface Shown {
  readonly from: number;
  readonly to: number;
  readonly chosen?: number;
  readonly form: TopForm;
}

function blockLines({ name, title, rows, empty }: TopBlock, { from, to, chosen, form }: Shown): readonly string[] {
  const { style, columns, state } = form;
  const shown = rows.slice(from, to);
  const isCut = shown.length < rows.length;
  const count = isCut ? `${from + 1}-${from + shown.length} of ${rows.length}` : String(rows.length);
  const heading = `${style("title", cut(oneLine(name), columns - count.length - 1))} ${style("faint", count)}`;
  if (rows.length === 0)
    return [heading, style("faint", state.search === "" ? empty : "Nothing here matches the search.")];
  return [heading, ...fitTable(title, shown, { width: columns, style, chosen })];
}

function wrapped(line: string, columns: number): readonly string[] {
  if (line.length <= columns) return [line];
  const at = line.lastIndexOf(" ", columns);
  const end = at > columns / 2 ? at : columns;
  return [line.slice(0, end), ...wrapped(`  ${line.slice(end).trimStart()}`, columns)];
}
