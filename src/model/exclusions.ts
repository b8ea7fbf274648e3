import { lowerBound } from "#src/collections/lower-bound.ts";
import { parseIp } from "#src/ip/address.ts";
import { type IpRange, rangesOverlap } from "#src/ip/range.ts";
import { complain, type Field, quote } from "./field.ts";
import { readPoolRange } from "./pool-range.ts";

/**
 * The addresses that a pool of these ranges does not assign, one entry each: a CIDR, a range or, other than in the addresses
 * of a pool, a single address. Warns of an entry that has no address of the ranges.
 */
export function readExclusions(entries: readonly Field[], ranges: readonly IpRange[]): readonly IpRange[] {
  const exclusions = entries.flatMap((field) => {
    const { value } = field;
    const text = typeof value === "string" ? value.trim() : "";
    const single = parseIp(text) === undefined ? undefined : `${text}-${text}`;
    const range = readPoolRange({ ...field, value: single ?? value })?.range;
    return range === undefined ? [] : [{ field, range }];
  });
  warnOfIdleExclusion(exclusions, ranges);
  return exclusions.map(({ range }) => range);
}

/** Warns of exclusions of a pool, each with the field that says it, that have no address of the pool's ranges. */
function warnOfIdleExclusion(
  exclusions: readonly { readonly field: Field; readonly range: IpRange }[],
  ranges: readonly IpRange[],
): void {
  const sorted = Map.groupBy(
    ranges.toSorted((left, right) => (left.first < right.first ? -1 : 1)),
    ({ family }) => family,
  );
  for (const { field, range } of exclusions)
    if (!isTouched(sorted.get(range.family) ?? [], range))
      complain(field, "POOL_EXCLUDES_NOTHING", {
        what: `Excluded no address by ${quote(field.value)}`,
        why: "the pool contains none of these addresses",
        fix: "Write addresses of the pool, or remove this entry",
        severity: "warning",
      });
}

/** Whether one of the ranges, which are sorted and do not overlap, has an address of `wanted`. */
function isTouched(ranges: readonly IpRange[], wanted: IpRange): boolean {
  const before = ranges[lowerBound(ranges, ({ first }) => first <= wanted.last) - 1];
  return before !== undefined && rangesOverlap(before, wanted);
}
