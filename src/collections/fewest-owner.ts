/** Of each item that several own, the owner that it counts for: of these the one that owns the fewest items. */
export function fewestOwners(ownersOf: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const owners of ownersOf.values()) for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const fewest = (owners: ReadonlySet<string>) =>
    [...owners].reduce((best, one) => (counts.get(one)! < counts.get(best)! ? one : best));
  return new Map(Array.from(ownersOf, ([item, owners]) => [item, fewest(owners)]));
}
