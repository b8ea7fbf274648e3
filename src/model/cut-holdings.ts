import { Heap } from "#src/collections/heap.ts";
import type { HoldingChange } from "./address-history.ts";

/** So many changes are kept, and so much of their text: a report has room for 200 KiB. */
export const MAX_HOLDINGS = 1_000;
const MAX_HOLDINGS_TEXT = 120 * 1_024;

/** The changes of one namespace, and which of them go first. */
interface Share {
  readonly namespace: string;
  /** What is dropped first comes last. */
  readonly changes: readonly HoldingChange[];
  /** So many of them stay. */
  left: number;
  text: number;
}

/**
 * Keeps a list of changes (the latest first) within its bounds. Dropped is always the oldest change of the namespace whose changes
 * are most text, so no namespace pushes out what others did. Of one namespace those go last that say which Service an
 * address is kept for (`isKept`, by its canonical text).
 */
export function cutHoldings(
  latestFirst: readonly HoldingChange[],
  isKept: (address: string) => boolean,
): readonly HoldingChange[] {
  let text = latestFirst.reduce((sum, one) => sum + textOf(one), 0);
  let count = latestFirst.length;
  if (count <= MAX_HOLDINGS && text <= MAX_HOLDINGS_TEXT) return latestFirst;
  const dropped = new Set<HoldingChange>();
  const shares = new Heap(comesFirst);
  for (const share of sharesOf(latestFirst, isKept)) shares.push(share);
  for (let { first } = shares; first !== undefined; { first } = shares) {
    if (count <= MAX_HOLDINGS && text <= MAX_HOLDINGS_TEXT) break;
    shares.pop();
    const one = first.changes[--first.left];
    if (one === undefined) continue;
    dropped.add(one);
    count--;
    text -= textOf(one);
    first.text -= textOf(one);
    shares.push(first);
  }
  return latestFirst.filter((one) => !dropped.has(one));
}

/** Whether such a list is as long as it may be: then older changes may have been dropped. */
export function isCutHoldings(holdings: readonly HoldingChange[]): boolean {
  const longest = Math.max(0, ...holdings.map(textOf));
  const text = holdings.reduce((sum, one) => sum + textOf(one), 0);
  return holdings.length >= MAX_HOLDINGS || text + longest > MAX_HOLDINGS_TEXT;
}

function comesFirst(left: Share, right: Share): boolean {
  return left.text === right.text ? left.namespace < right.namespace : left.text > right.text;
}

function* sharesOf(latestFirst: readonly HoldingChange[], isKept: (address: string) => boolean): Generator<Share> {
  const seen = new Set<string>();
  const keeping = new Set<HoldingChange>();
  for (const one of latestFirst) {
    if (!seen.has(one.address) && one.change === "released" && isKept(one.address)) keeping.add(one);
    seen.add(one.address);
  }
  for (const [namespace, all] of Map.groupBy(latestFirst, ({ service }) => service.split("/", 1)[0] ?? "")) {
    const changes = [...all.filter((one) => keeping.has(one)), ...all.filter((one) => !keeping.has(one))];
    yield { namespace, changes, left: changes.length, text: all.reduce((sum, one) => sum + textOf(one), 0) };
  }
}

/** A change without its texts as JSON, with the comma behind it. */
const FRAME = JSON.stringify({ at: "", change: "", address: "", service: "" }).length + 1;

function textOf({ at, change, address, service }: HoldingChange): number {
  return FRAME + at.length + change.length + address.length + service.length;
}
