import { widestPrefix } from "#src/ip/widest-prefix.ts";
import type { BgpAdvertisement } from "#src/model/advertisement.ts";
import {
  child,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  readInteger,
  readList,
  readMap,
} from "#src/model/field.ts";
import type { PlacedRange } from "#src/model/pool-range.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { readCommunities } from "./read-communities.ts";
import { complainOfTwins } from "./complain-of-twins.ts";

type Attributes = Pick<BgpAdvertisement, "aggregationLength" | "aggregationLengthV6" | "localPref" | "communities">;

/** What an advertisement says that says nothing: each address is a route of its own. */
const DEFAULTS: Attributes = { aggregationLength: 32, aggregationLengthV6: 128, localPref: 0, communities: [] };
const KEYS = ["aggregation-length", "aggregation-length-v6", "localpref", "communities"];

/** Reads the `bgp-advertisements` of a pool; with none written it has one that says nothing. */
export function readBgpAdvertisements(
  field: Field,
  { ranges, aliases }: { readonly ranges: readonly PlacedRange[]; readonly aliases: ReadonlyMap<string, string> },
): readonly Attributes[] {
  const read = readList(field).flatMap((one) => {
    if (isUnset(one))
      return complainMissing(one, "Write the advertisement ({} has all defaults), or remove the dash") ?? [];
    if (!readMap(one)) return [];
    const found = one.problems.length;
    rejectUnknownKeys(one, KEYS);
    const attributes = {
      aggregationLength: readAggregation(child(one, "aggregation-length"), "ipv4", ranges),
      aggregationLengthV6: readAggregation(child(one, "aggregation-length-v6"), "ipv6", ranges),
      localPref: readInteger(child(one, "localpref"), { min: 0, max: 0xff_ff_ff_ff }) ?? DEFAULTS.localPref,
      communities: readCommunities(child(one, "communities"), aliases),
    };
    return [{ field: one, attributes, isWell: one.problems.length === found }];
  });
  const textOf = ({ communities, ...rest }: Attributes): string => JSON.stringify([rest, communities.toSorted()]);
  complainOfTwins(
    read.filter(({ isWell }) => isWell).map(({ field, attributes }) => ({ field, text: textOf(attributes) })),
    "advertisement",
  );
  return isUnset(field) || read.length === 0 ? [DEFAULTS] : read.map(({ attributes }) => attributes);
}

/** No route may be wider than the addresses that it stands for: of each range the widest network is what counts. */
function readAggregation(field: Field, family: "ipv4" | "ipv6", ranges: readonly PlacedRange[]): number {
  const longest = family === "ipv4" ? DEFAULTS.aggregationLength : DEFAULTS.aggregationLengthV6;
  const length = readInteger(field, { min: 0, max: longest });
  if (length === undefined) return longest;
  for (const { range, field: entry } of ranges) {
    if (range.family !== family) continue;
    const widest = widestPrefix(range);
    if (length >= widest) continue;
    complainInvalid(
      field,
      `a route of that length has more addresses than ${entry.path}, whose widest network is a /${widest}`,
      `Write a number from ${widest} to ${longest}`,
    );
    break;
  }
  return length;
}
