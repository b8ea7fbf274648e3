import { complainInvalid, type Field, readEach, readList } from "#src/model/field.ts";

/** What the entries of a list say; undefined, with Problems, where it has more than `most`, or any of them cannot be read. */
export function readBoundedList<T>(
  field: Field,
  most: number,
  read: (entry: Field) => T | undefined,
): readonly T[] | undefined {
  const before = field.problems.length;
  const entries = readList(field);
  if (entries.length > most)
    return complainInvalid(field, `it has ${entries.length} entries, and ${most} are the most`, "Remove some");
  const all = readEach(entries, read);
  return field.problems.length === before ? all : undefined;
}
