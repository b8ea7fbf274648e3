import { lowerBound } from "#src/collections/lower-bound.ts";
import { type IpRange, printRange, rangesOverlap } from "#src/ip/range.ts";
import { complain, quote } from "#src/model/field.ts";
import type { IpAddressPool } from "#src/model/metallb/ip-address-pool.ts";
import type { Pool } from "#src/model/pool.ts";
import type { PlacedRange } from "#src/model/pool-range.ts";
import type { Problem } from "#src/model/problem.ts";

/** A range in use, and whose it is, as a message says it. */
interface UsedRange {
  readonly range: IpRange;
  readonly owner: string;
}

/**
 * The IPAddressPools that can be used beside each other, in the order given: each that has the name of a pool of the
 * ConfigMap, or an address of a pool before it, is left out with a Problem.
 */
export function yieldingPools(
  resources: readonly IpAddressPool[],
  taken: readonly Pool[],
  problems: Problem[],
): readonly IpAddressPool[] {
  const used = new UsedRanges();
  for (const { name, ranges } of taken)
    for (const range of ranges) used.add({ range, owner: `pool "${name}" of the ConfigMap` });
  const names = new Set(taken.map(({ name }) => name));
  return resources.filter((resource) => {
    if (names.has(resource.name)) return complainOfName(resource, problems);
    const overlap = resource.addresses.flatMap((placed) => {
      const other = used.find(placed.range);
      return other === undefined ? [] : [{ placed, other }];
    })[0];
    if (overlap !== undefined) return complainOfOverlap(overlap.placed, overlap.other, problems);
    for (const { range } of resource.addresses) used.add({ range, owner: `IPAddressPool "${resource.name}"` });
    return true;
  });
}

function complainOfName({ root, name }: IpAddressPool, problems: Problem[]): false {
  complain({ ...root, problems }, "POOL_NAME_DUPLICATE", {
    what: `Left out the IPAddressPool ${quote(name)}`,
    why: "a pool of the ConfigMap has this name, and the ConfigMap comes first",
    fix: "Remove the pool from the ConfigMap to use this one, or rename one of the two",
  });
  return false;
}

function complainOfOverlap({ range, field }: PlacedRange, other: UsedRange, problems: Problem[]): false {
  const first = range.first > other.range.first ? range.first : other.range.first;
  const last = range.last < other.range.last ? range.last : other.range.last;
  complain({ ...field, problems }, "POOL_RANGES_OVERLAP", {
    what: `Left out the pool, because of ${quote(field.value)}`,
    why: `it shares ${printRange({ ...range, first, last })} with ${other.owner}, which comes first`,
    fix: "Take these addresses out of one of the two",
  });
  return false;
}

/** Ranges that do not overlap, in order: a range that overlaps one is found without looking at all. */
class UsedRanges {
  readonly #byFamily = { ipv4: [] as UsedRange[], ipv6: [] as UsedRange[] };

  add(used: UsedRange): void {
    const list = this.#byFamily[used.range.family];
    list.splice(firstFrom(list, used.range), 0, used);
  }

  find(range: IpRange): UsedRange | undefined {
    const list = this.#byFamily[range.family];
    const at = firstFrom(list, range);
    return [list[at - 1], list[at]].find((used) => used !== undefined && rangesOverlap(used.range, range));
  }
}

/** The index of the first that begins where the range does, or later. */
function firstFrom(list: readonly UsedRange[], { first }: IpRange): number {
  return lowerBound(list, (used) => used.range.first < first);
}
