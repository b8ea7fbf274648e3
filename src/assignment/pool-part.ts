import { lowerBound } from "#src/collections/lower-bound.ts";
import type { IpRange } from "#src/ip/range.ts";

/** A part of a declared range. */
export interface PoolPart extends IpRange {
  /** Services keep addresses of it, and no Service gets one. */
  readonly isClosed: boolean;
}

/**
 * Cuts ranges at those that are closed, in the order of the ranges. The closed ones may overlap each other and reach beyond
 * the ranges. O(n log n) in both lists.
 */
export function partsOf(ranges: readonly IpRange[], closed: readonly IpRange[]): readonly PoolPart[] {
  const [first] = ranges;
  if (first === undefined) return [];
  const cuts = joined(closed.filter(({ family }) => family === first.family));
  return ranges.flatMap((range) => cut(range, cuts));
}

/** Sorted, and those that overlap as one. */
function joined(ranges: readonly IpRange[]): readonly IpRange[] {
  const result: IpRange[] = [];
  for (const range of ranges.toSorted((left, right) => (left.first < right.first ? -1 : 1))) {
    const before = result.at(-1);
    if (before === undefined || before.last < range.first) result.push(range);
    else if (before.last < range.last) result[result.length - 1] = { ...before, last: range.last };
  }
  return result;
}

function cut(range: IpRange, cuts: readonly IpRange[]): readonly PoolPart[] {
  const { family } = range;
  const parts: PoolPart[] = [];
  let { first } = range;
  for (let at = lowerBound(cuts, ({ last }) => last < first); first <= range.last; at++) {
    const closed = cuts[at];
    if (closed === undefined || closed.first > range.last) break;
    if (first < closed.first) parts.push({ family, first, last: closed.first - 1n, isClosed: false });
    const [start, end] = [
      first < closed.first ? closed.first : first,
      closed.last < range.last ? closed.last : range.last,
    ];
    parts.push({ family, first: start, last: end, isClosed: true });
    first = end + 1n;
  }
  return first > range.last ? parts : [...parts, { family, first, last: range.last, isClosed: false }];
}
