/** The candidate with the least load, the first of equals; undefined where there is no candidate. */
export function leastLoaded(candidates: readonly string[], loadOf: (node: string) => number): string | undefined {
  const [idlest] = candidates.toSorted((a, b) => loadOf(a) - loadOf(b));
  return idlest;
}
