import { complainMissing, type Field, isUnset, readText } from "#src/model/field.ts";
import { readBoundedList } from "./read-bounded-list.ts";

/** A list of texts; undefined, with Problems, where it has too many or what is not a text. */
export function readTextList(field: Field, most: number): readonly string[] | undefined {
  return readBoundedList(field, most, (entry) =>
    isUnset(entry) ? complainMissing(entry, "Write a text") : readText(entry),
  );
}
