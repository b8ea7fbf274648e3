/** A pause that grows: the first one, and the longest. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The pause after so many doublings, 0 for the first one. */
export function doubledMs({ firstMs, longestMs }: BackOff, doublings: number): number {
  return Math.min(longestMs, firstMs * 2 ** doublings);
}

/** Leaves the upper half of a pause to chance, a number from 0 to below 1, so that many do not come back together. */
export function spreadMs(fullMs: number, chance: number): number {
  return Math.round((fullMs / 2) * (1 + chance));
}
