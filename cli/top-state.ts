import type { PageLists, PageView } from "#src/view/page/page-view.ts";
import { TOP_LISTS, topBlock } from "./top-blocks.ts";

/** What a person has chosen in `hawser top`. */
export interface TopState {
  /** `all`: the first rows of each block. */
  readonly block: keyof PageLists | "all";
  /** The row that is chosen in a block. */
  readonly row: number;
  readonly search: string;
  /** The search is being typed. */
  readonly isTyping: boolean;
  /** What is explained; empty: nothing. */
  readonly subject: string;
  /** Lines of the explanation that are above the screen. */
  readonly scrolled: number;
}

export const TOP_START: TopState = { block: "all", row: 0, search: "", isTyping: false, subject: "", scrolled: 0 };

/** The longest search. */
const MAX_SEARCH = 200;
const PAGE = 10;
const FAR = Number.MAX_SAFE_INTEGER;

/** How far a key moves. */
const MOVES: Readonly<Record<string, number>> = {
  "\u001B[A": -1,
  k: -1,
  "\u001B[B": 1,
  j: 1,
  "\u001B[5~": -PAGE,
  "\u001B[6~": PAGE,
  "\u001B[H": -FAR,
  g: -FAR,
  "\u001B[F": FAR,
  G: FAR,
};
const ESCAPE = "\u001B";
const ENTER: readonly string[] = ["\r", "\n"];
const BLOCKS = ["all", ...TOP_LISTS] as const;

/** The state after a key, in a view that is already searched; `quit`: the person has seen enough. */
export function pressKey(state: TopState, key: string, view: PageView): TopState | "quit" {
  if (key === "\u0003") return "quit";
  if (state.isTyping) return typeKey(state, key);
  if (key === "q") return "quit";
  if (key === "/") return { ...state, isTyping: true, subject: "" };
  if (key === ESCAPE || key === "\u007F") return goBack(state);
  const move = MOVES[key];
  if (move !== undefined) return moved(state, move, view);
  if (key === "\t" || key === "\u001B[Z") return inBlock(state, BLOCKS.indexOf(state.block) + (key === "\t" ? 1 : -1));
  if (/^[0-6]$/.test(key)) return inBlock(state, Number(key));
  if (ENTER.includes(key) && state.subject === "") return explained(state, view);
  return state;
}

function typeKey(state: TopState, key: string): TopState {
  if (ENTER.includes(key)) return { ...state, isTyping: false };
  if (key === ESCAPE) return { ...state, isTyping: false, search: "", row: 0 };
  if (key === "\u007F" || key === "\b") return { ...state, search: state.search.slice(0, -1), row: 0 };
  if (/\p{Cc}/u.test(key)) return state;
  return { ...state, search: (state.search + key).slice(0, MAX_SEARCH), row: 0 };
}

/** One step: from the explanation, from the search, from the block. */
function goBack(state: TopState): TopState {
  if (state.subject !== "") return { ...state, subject: "", scrolled: 0 };
  if (state.search !== "") return { ...state, search: "", row: 0 };
  return { ...state, block: "all", row: 0 };
}

function inBlock(state: TopState, at: number): TopState {
  const block = BLOCKS[(at + BLOCKS.length) % BLOCKS.length] ?? "all";
  return { ...state, block, row: 0, subject: "", scrolled: 0 };
}

function moved(state: TopState, by: number, view: PageView): TopState {
  if (state.subject !== "") return { ...state, scrolled: Math.min(1_000, Math.max(0, state.scrolled + by)) };
  if (state.block === "all") return by > 0 ? { ...state, block: "needs", row: 0 } : state;
  const last = Math.max(0, view[state.block].length - 1);
  return { ...state, row: Math.min(last, Math.max(0, state.row + by)) };
}

function explained(state: TopState, view: PageView): TopState {
  if (state.block === "all") return { ...state, block: "needs", row: 0 };
  const subject = topBlock(view, state.block, 0).subjects[state.row] ?? "";
  return { ...state, subject, scrolled: 0 };
}
