import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  quote,
  readMap,
  readText,
} from "#src/model/field.ts";
import { FIELD_NAME } from "#src/model/annotations/field-name.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { readBoundedList } from "./read-bounded-list.ts";
import { readTextList } from "./read-text-list.ts";

/** Where a request has its token; at least one place. */
export interface TokenPlaces {
  readonly headers: readonly TokenHeader[];
  readonly cookies: readonly string[];
  /** Of the query. */
  readonly params: readonly string[];
}

/** A header field whose value is a token after a prefix. */
interface TokenHeader {
  /** In lower case. */
  readonly name: string;
  /** In lower case; empty: the value is the token. */
  readonly prefix: string;
}

const MAX_PLACES = 8;
/** Fields that say how a message is sent, or that Hawser drops. */
const NO_PLACE =
  /^(?:connection|content-length|transfer-encoding|upgrade|host|te|trailer|keep-alive|expect|cookie|proxy-.*|proxy|forwarded|x-forwarded-.*|x-real-ip|x-hawser-hops)$/i;

/** RFC 6750 section 2.1. */
const BEARER: TokenPlaces = { headers: [{ name: "authorization", prefix: "bearer " }], cookies: [], params: [] };

/** Reads `extractFrom`; by default tokens are in `Authorization: Bearer`. Undefined, with an error, where it cannot be read. */
export function readTokenPlaces(field: Field): TokenPlaces | undefined {
  if (isUnset(field)) return BEARER;
  if (!readMap(field)) return undefined;
  const before = field.problems.length;
  rejectUnknownKeys(field, ["headers", "cookies", "params"]);
  const headers = readBoundedList(child(field, "headers"), MAX_PLACES, readHeader);
  const cookies = readNames(child(field, "cookies"));
  const params = readNames(child(field, "params"));
  if (field.problems.length !== before || headers === undefined) return undefined;
  if (headers.length + cookies.length + params.length > 0) return { headers, cookies, params };
  return complain(field, "FIELD_INVALID", {
    what: "Cannot find tokens",
    why: "no place is written",
    fix: "Write headers, cookies or params, or remove extractFrom for Authorization: Bearer",
  });
}

function readHeader(field: Field): TokenHeader | undefined {
  if (!readMap(field)) return isUnset(field) ? complainMissing(field, "Write name and valuePrefix") : undefined;
  rejectUnknownKeys(field, ["name", "valuePrefix"]);
  const nameField = child(field, "name");
  if (isUnset(nameField)) return complainMissing(nameField, "Write the name of a header field");
  const name = readText(nameField);
  const prefixField = child(field, "valuePrefix");
  const prefix = readText(prefixField) ?? "";
  if (name === undefined) return undefined;
  if (!FIELD_NAME.test(name) || NO_PLACE.test(name))
    return complainInvalid(nameField, "it is not a field that clients send a token in", "Write another name");
  if (prefix.length > 64 || !/^[\x20-\x7e]*$/.test(prefix))
    return complainInvalid(prefixField, "it is not a text of up to 64 letters of ASCII", 'Write one such as "Bearer "');
  return { name: name.toLowerCase(), prefix: prefix.toLowerCase() };
}

function readNames(field: Field): readonly string[] {
  const names = readTextList(field, MAX_PLACES) ?? [];
  const bad = names.find((name) => !FIELD_NAME.test(name));
  if (bad !== undefined)
    complain(field, "FIELD_INVALID", {
      what: `Cannot use the name ${quote(bad)}`,
      why: "it is not a name of letters, digits and a few signs",
      fix: "Write the name of a cookie or of an argument of the query",
    });
  return names;
}
