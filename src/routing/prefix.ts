import type { PrefixEntry, Route } from "./route-table.ts";

/** A prefix that does not yet know its place among the others. */
export type UnlinkedPrefix = Omit<PrefixEntry, "parent">;

/** Puts prefixes in order and gives each the longest other one that it begins with. */
export function linkPrefixes(prefixes: readonly UnlinkedPrefix[]): readonly PrefixEntry[] {
  const sorted = [...prefixes].sort(compare);
  const open: number[] = [];
  return sorted.map((prefix, index) => {
    while (open.length > 0 && !prefix.text.startsWith(sorted[open.at(-1) ?? 0]?.text ?? "")) open.pop();
    const parent = open.at(-1) ?? -1;
    open.push(index);
    return { ...prefix, parent };
  });
}

/** By text; of equal texts the Prefix comes last, so that it is met first when walking back. */
function compare(left: UnlinkedPrefix, right: UnlinkedPrefix): number {
  if (left.text !== right.text) return left.text < right.text ? -1 : 1;
  return Number(left.route.pathType === "Prefix") - Number(right.route.pathType === "Prefix");
}

/**
 * The longest prefix that a normalised path matches: a binary search for the last text not after the path, then back
 * along the texts it begins with, so that the cost is the logarithm of the rules plus their nesting.
 */
export function longestPrefix(prefixes: readonly PrefixEntry[], path: string): Route | undefined {
  let low = 0;
  let high = prefixes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((prefixes[middle]?.text ?? "") <= path) low = middle + 1;
    else high = middle;
  }
  let entry = prefixes[low - 1];
  while (entry !== undefined && !covers(entry, path)) entry = prefixes[entry.parent];
  return entry?.route;
}

function covers(entry: PrefixEntry, path: string): boolean {
  const { text, wholeElements } = entry;
  if (!path.startsWith(text)) return false;
  return !wholeElements || path.length === text.length || path[text.length] === "/";
}
