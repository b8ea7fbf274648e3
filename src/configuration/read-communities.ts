import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  hasRoom,
  isUnset,
  quote,
  readList,
  readMap,
} from "#src/model/field.ts";
import { nearest } from "#src/model/nearest.ts";
import { MAX_COMMUNITIES, parseCommunity } from "#src/model/parse-community.ts";
import { readScalarText } from "./read-scalar-text.ts";

/** This format has no large communities. */
function parseStandard(text: string): string | undefined {
  return text.startsWith("large:") ? undefined : parseCommunity(text);
}

const FIX = 'Write two numbers from 0 to 65535, such as "65000:1"';

/** Reads `bgp-communities`: values by alias. */
export function readCommunityAliases(field: Field): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  if (!readMap(field)) return aliases;
  for (const alias of Object.keys(field.value as object)) {
    const one = child(field, alias);
    if (isUnset(one)) complainMissing(one, FIX);
    const text = readScalarText(one);
    const community = parseStandard(text ?? "");
    if (community !== undefined) aliases.set(alias, community);
    else if (text !== undefined) complainInvalid(one, "it is not a BGP community", FIX);
  }
  return aliases;
}

/** Reads the `communities` of an advertisement: numbers or aliases, each once. */
export function readCommunities(field: Field, aliases: ReadonlyMap<string, string>): readonly string[] {
  const found = new Map<string, string>();
  for (const one of readList(field)) {
    if (isUnset(one)) complainMissing(one, "Write a community or an alias, or remove the dash");
    const text = readScalarText(one);
    if (text === undefined) continue;
    const community = aliases.get(text) ?? parseStandard(text);
    if (community === undefined) complainOfAlias(one, text, aliases);
    else if (found.has(community)) complainOfTwice(one, community, found.get(community) ?? "");
    else found.set(community, one.path);
  }
  if (found.size > MAX_COMMUNITIES)
    complainInvalid(field, `it has ${found.size} communities, and a route carries ${MAX_COMMUNITIES}`, "Remove some");
  return [...found.keys()];
}

function complainOfAlias(field: Field, text: string, aliases: ReadonlyMap<string, string>): void {
  const why = text.includes(":")
    ? "it is not a BGP community of two 16-bit numbers"
    : "bgp-communities has no such alias";
  const meant = hasRoom(field) ? nearest(text, aliases.keys()) : undefined;
  complainInvalid(
    field,
    why,
    meant === undefined ? `${FIX}, or an alias of bgp-communities` : `Did you mean ${meant}?`,
  );
}

function complainOfTwice(field: Field, community: string, first: string): void {
  complain(field, "FIELD_DUPLICATE", {
    what: `Cannot use ${quote(field.value)}`,
    why: `${first} is community ${community} already`,
    fix: "Remove one of the two",
  });
}
