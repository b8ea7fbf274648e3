import type { Family } from "#src/ip/address.ts";
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
import { narrowestOf } from "./narrowest-of.ts";
import { readCommunities } from "./read-communities.ts";
import { complainOfTwins } from "./complain-of-twins.ts";

type Attributes = Pick<BgpAdvertisement, "aggregationLength" | "aggregationLengthV6" | "localPref" | "communities">;

/** What an advertisement says that says nothing: each address is a route of its own. */
const DEFAULTS: Attributes = { aggregationLength: 32, aggregationLengthV6: 128, localPref: 0, communities: [] };
const KEYS = ["aggregation-length", "aggregation-length-v6", "localpref", "communities"];

/** What an advertisement says, and where. */
export interface PlacedAttributes {
  readonly attributes: Attributes;
  readonly field: Field;
}

/** Reads the `bgp-advertisements` of a pool; with none written it has one that says nothing. */
export function readBgpAdvertisements(
  field: Field,
  { ranges, aliases }: { readonly ranges: readonly PlacedRange[]; readonly aliases: ReadonlyMap<string, string> },
): readonly PlacedAttributes[] {
  const narrowest = { ipv4: placedNarrowest(ranges, "ipv4"), ipv6: placedNarrowest(ranges, "ipv6") };
  const read = readList(field).flatMap((one) => {
    if (isUnset(one))
      return complainMissing(one, "Write the advertisement ({} has all defaults), or remove the dash") ?? [];
    if (!readMap(one)) return [];
    const found = one.problems.length;
    rejectUnknownKeys(one, KEYS);
    const attributes = {
      aggregationLength: readAggregation(child(one, "aggregation-length"), DEFAULTS.aggregationLength, narrowest.ipv4),
      aggregationLengthV6: readAggregation(
        child(one, "aggregation-length-v6"),
        DEFAULTS.aggregationLengthV6,
        narrowest.ipv6,
      ),
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
  return isUnset(field) || read.length === 0 ? [{ attributes: DEFAULTS, field }] : read;
}

/** The range of a family whose widest network is the narrowest of all. */
interface Narrowest {
  readonly placed: PlacedRange | undefined;
  /** The prefix length of that network. */
  readonly length: number;
}

function placedNarrowest(placed: readonly PlacedRange[], family: Family): Narrowest | undefined {
  const ranges = placed.map(({ range }) => range);
  const found = narrowestOf(ranges, family);
  return found && { placed: placed[ranges.indexOf(found.range)], length: found.length };
}

/** No route may be wider than the addresses that it stands for: of each range the widest network is what counts. */
function readAggregation(field: Field, longest: number, narrowest: Narrowest | undefined): number {
  const length = readInteger(field, { min: 0, max: longest });
  if (length === undefined) return longest;
  if (narrowest !== undefined && length < narrowest.length)
    complainInvalid(
      field,
      `a route of that length has more addresses than ${narrowest.placed?.field.path}, whose widest network is a /${narrowest.length}`,
      `Write a number from ${narrowest.length} to ${longest}`,
    );
  return length;
}
