import { complainInvalid, type Field, readText } from "#src/model/field.ts";

/** A text of 1 to `most` characters; undefined where unset, or with a Problem, which says `fix`. */
export function readShortText(field: Field, most: number, fix: string): string | undefined {
  const text = readText(field);
  if (text === undefined || (text !== "" && text.length <= most)) return text;
  return complainInvalid(field, `it is empty or has more than ${most} letters`, fix);
}
