import { child, complainInvalid, complainMissing, type Field, isUnset, readMap, readText } from "#src/model/field.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { isOwnHeader, whyUnwritableHeader } from "#src/model/unwritable-header.ts";
import { readBoundedList } from "./read-bounded-list.ts";
import { readShortText } from "./read-short-text.ts";
import { readTextList } from "./read-text-list.ts";

/** A claim that the sender of a request must have, with one of these values. */
export interface ClaimRule {
  /** Its name (`groups`), or names of maps within each other with dots between them (`realm_access.roles`). */
  readonly name: string;
  /** A list has one of them as an element; a number or boolean is compared as JSON prints it. */
  readonly values: readonly string[];
}

/** A claim that endpoints get as a header field. */
export interface ForwardedClaim {
  /** As in `ClaimRule`. */
  readonly claim: string;
  /** As it is written; without the claim there is no such field, whatever the client sends. */
  readonly header: string;
}

const MAX_RULES = 32;
const MAX_VALUES = 128;
const MAX_LETTERS = 256;
/** Cookies, and what is said to proxies (RFC 9110 section 11.7). */
const NOT_WRITTEN = /^(?:cookie|set-cookie|proxy-.*)$/i;

/** Reads `- { name: groups, values: [admins] }`: all of them must be met. Undefined, with Problems, where any cannot be read. */
export function readClaimRules(field: Field): readonly ClaimRule[] | undefined {
  return readBoundedList(field, MAX_RULES, (entry) => {
    if (!readMap(entry)) return complainMissing(entry, "Write a map with name and values");
    rejectUnknownKeys(entry, ["name", "values"]);
    const name = readName(child(entry, "name"));
    const list = child(entry, "values");
    const values = readTextList(list, MAX_VALUES);
    if (values?.length === 0) return complainMissing(list, "Write the values, one of which the claim must have");
    return name === undefined || values === undefined ? undefined : { name, values };
  });
}

/** Reads `- { claim: email, header: X-Email }`. Undefined, with Problems, where any cannot be read. */
export function readForwardedClaims(field: Field): readonly ForwardedClaim[] | undefined {
  const read = readBoundedList(field, MAX_RULES, (entry) => {
    if (!readMap(entry)) return complainMissing(entry, "Write a map with claim and header");
    rejectUnknownKeys(entry, ["claim", "header"]);
    const claim = readName(child(entry, "claim"));
    const header = readFieldToWrite(child(entry, "header"));
    return claim === undefined || header === undefined ? undefined : { claim, header };
  });
  const names = (read ?? []).map(({ header }) => header.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return read;
  return complainInvalid(
    field,
    `it writes the header field ${twice} twice`,
    "Give each claim a header field of its own",
  );
}

/** The name of a header field that Hawser writes for endpoints. */
export function readFieldToWrite(field: Field): string | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the name of a header field, such as X-User");
  const name = readText(field);
  if (name === undefined) return undefined;
  const why = whyUnwritableHeader(name) ?? whyNoClaim(name);
  return why === undefined ? name : complainInvalid(field, why, "Write another name, such as X-User");
}

function whyNoClaim(name: string): string | undefined {
  if (isOwnHeader(name)) return "Hawser tells endpoints something of the request by it";
  return NOT_WRITTEN.test(name) ? "it is for cookies, or for proxies" : undefined;
}

function readName(field: Field): string | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the name of a claim, such as email");
  return readShortText(field, MAX_LETTERS, "Write the name of a claim");
}
