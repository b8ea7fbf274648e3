import { lastNotAfter, linkNested } from "./nested-texts.ts";
import type { PrefixEntry } from "./route-table.ts";
import type { Rule } from "./rule.ts";

/** A prefix that does not yet know its place among the others. */
export type UnlinkedPrefix = Omit<PrefixEntry, "parent">;

/** Puts prefixes in order and gives each the longest other one that it begins with. */
export function linkPrefixes(prefixes: readonly UnlinkedPrefix[]): readonly PrefixEntry[] {
  return linkNested([...prefixes].sort(compare));
}

/** By text; of equal texts the Prefix comes last, so that it is met first when walking back. */
function compare(left: UnlinkedPrefix, right: UnlinkedPrefix): number {
  if (left.text !== right.text) return left.text < right.text ? -1 : 1;
  return Number(left.rule.origin.pathType === "Prefix") - Number(right.rule.origin.pathType === "Prefix");
}

/** The longest prefix that a normalised path matches: from the last text not after the path back along those it begins with. */
export function longestPrefix(prefixes: readonly PrefixEntry[], path: string): Rule | undefined {
  let entry = lastNotAfter(prefixes, path);
  while (entry !== undefined && !covers(entry, path)) entry = prefixes[entry.parent];
  return entry?.rule;
}

function covers(entry: PrefixEntry, path: string): boolean {
  const { text, wholeElements } = entry;
  if (!path.startsWith(text)) return false;
  return !wholeElements || path.length === text.length || path[text.length] === "/";
}
