import { complain, type Field, quote } from "#src/model/field.ts";
import { readTextList } from "./read-text-list.ts";

/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** A list of scopes of OAuth 2.0, `most` at most. What cannot be read has a Problem. */
export function readScopes(field: Field, most: number): readonly string[] {
  const scopes = readTextList(field, most) ?? [];
  const bad = scopes.find((scope) => !SCOPE.test(scope));
  if (bad !== undefined)
    complain(field, "FIELD_INVALID", {
      what: `Cannot use the scope ${quote(bad)}`,
      why: "scopes are visible ASCII without blanks, quotation marks and backslashes",
      fix: "Write one scope for each entry of the list",
    });
  return scopes;
}
