import type { PageLists, PageView } from "./page-view.ts";

/** The rows of one list that changed. */
interface ListChanges {
  /** Rows that are new or say something else. */
  readonly set: readonly { readonly key: string }[];
  /** Keys of rows that are gone. */
  readonly gone: readonly string[];
  /** All keys in order, where they are not in the order of before with new ones at the end. */
  readonly order?: readonly string[];
}

/** What is not in a list. */
type PageHead = Omit<PageView, keyof PageLists>;

/** What makes a page of the page before. */
export interface PageChanges {
  /** Whole. */
  readonly head: PageHead;
  /** Lists that changed. */
  readonly lists: Readonly<Partial<Record<keyof PageLists, ListChanges>>>;
}

const LISTS = [
  "needs",
  "nodes",
  "hour",
  "addresses",
  "pools",
  "routes",
] as const satisfies readonly (keyof PageLists)[];

/** The changes that make `after` of `before`; undefined where nothing but the time changed. */
export function changesBetween(before: PageView, after: PageView): PageChanges | undefined {
  const lists: Partial<Record<keyof PageLists, ListChanges>> = {};
  for (const name of LISTS) {
    const changes = listChanges(before[name], after[name]);
    if (changes !== undefined) lists[name] = changes;
  }
  const head = headOf(after);
  const isSameHead = textOf({ ...headOf(before), seenAt: after.seenAt }) === textOf(head);
  return isSameHead && Object.keys(lists).length === 0 ? undefined : { head, lists };
}

function headOf({ seenAt, strip, unknown, trafficUnknown, cut }: PageView): PageHead {
  return { seenAt, strip, unknown, trafficUnknown, cut };
}

type Row = { readonly key: string };

function listChanges(before: readonly Row[], after: readonly Row[]): ListChanges | undefined {
  const texts = new Map(before.map((row) => [row.key, textOf(row)]));
  const set = after.filter((row) => texts.get(row.key) !== textOf(row));
  const keys = new Set(after.map(({ key }) => key));
  const gone = before.filter(({ key }) => !keys.has(key)).map(({ key }) => key);
  const merged = mergedKeys(before, { set, gone });
  const isInOrder = after.every(({ key }, at) => merged[at] === key);
  if (set.length === 0 && gone.length === 0 && isInOrder) return undefined;
  return { set, gone, ...(isInOrder ? {} : { order: [...keys] }) };
}

function mergedKeys(before: readonly Row[], { set, gone }: Pick<ListChanges, "set" | "gone">): readonly string[] {
  const dropped = new Set(gone);
  const kept = before.filter(({ key }) => !dropped.has(key)).map(({ key }) => key);
  return [...new Set([...kept, ...set.map(({ key }) => key)])];
}

/** The page after these changes. Lists without changes stay the same objects. */
export function applyChanges(before: PageView, { head, lists }: PageChanges): PageView {
  const changed = LISTS.flatMap((name) => {
    const changes = lists[name];
    return changes === undefined ? [] : [[name, applyToList(before[name], changes)]];
  });
  return { ...before, ...head, ...(Object.fromEntries(changed) as Partial<PageLists>) };
}

function applyToList(before: readonly Row[], { set, gone, order }: ListChanges): readonly Row[] {
  const rows = new Map(before.map((row) => [row.key, row]));
  for (const row of set) rows.set(row.key, row);
  for (const key of gone) rows.delete(key);
  return order === undefined ? [...rows.values()] : order.flatMap((key) => rows.get(key) ?? []);
}

function textOf(value: unknown): string {
  return JSON.stringify(value);
}
