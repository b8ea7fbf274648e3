import { objectAt, type NamedObject } from "#src/model/problem-place.ts";

/** Objects of one kind by their keys, `namespace/name`. */
export function objectsByKey(kind: string, keys: Iterable<string>): readonly NamedObject[] {
  return [...keys].filter((key) => key !== "").map((key) => objectAt(kind, key).object);
}
