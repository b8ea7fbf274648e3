/**
 * At most so many of the items, in their order. Dropped are always the first ones of the owner that has most, so that no owner
 * pushes out what others have.
 */
export function cutFairly<T>(
  items: readonly T[],
  { max, ownerOf }: { readonly max: number; readonly ownerOf: (item: T) => string },
): readonly T[] {
  if (items.length <= max) return items;
  const left = sharesOf(Map.groupBy(items, ownerOf), max);
  const kept: T[] = [];
  for (const item of items.toReversed()) {
    const owner = ownerOf(item);
    const share = left.get(owner) ?? 0;
    if (share > 0) kept.push(item);
    left.set(owner, share - 1);
  }
  return kept.reverse();
}

/** How many items each owner may have: as many as it has, or else as many as the others that have more. */
function sharesOf(byOwner: ReadonlyMap<string, readonly unknown[]>, max: number): Map<string, number> {
  const owners = [...byOwner].sort(([left, { length }], [right, other]) =>
    length === other.length ? (left < right ? -1 : 1) : length - other.length,
  );
  const shares = new Map<string, number>();
  let room = max;
  for (const [at, [owner, { length }]] of owners.entries()) {
    const share = Math.min(length, Math.floor(room / (owners.length - at)));
    shares.set(owner, share);
    room -= share;
  }
  return shares;
}
