/** A text among others in their order, which knows the longest other one that it begins with. */
export interface NestedText {
  readonly text: string;
  /** Index of the longest other entry whose text this one begins with; -1 if none. */
  readonly parent: number;
}

/** Gives entries that are in the order of their texts their parents. */
export function linkNested<T extends { readonly text: string }>(sorted: readonly T[]): readonly (T & NestedText)[] {
  const open: number[] = [];
  return sorted.map((entry, index) => {
    while (open.length > 0 && !entry.text.startsWith(sorted[open.at(-1) ?? 0]?.text ?? "")) open.pop();
    const parent = open.at(-1) ?? -1;
    open.push(index);
    return { ...entry, parent };
  });
}

/**
 * The last entry whose text is not after this one. All entries that this text begins with are among it and its parents, so
 * that a search costs the logarithm of the entries plus their nesting.
 */
export function lastNotAfter<T extends NestedText>(entries: readonly T[], text: string): T | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.text ?? "") <= text) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1];
}
