import { child, entry, type Field } from "#src/model/field.ts";

/** The field of a path such as `spec.rules[0].http.paths[1]` or `spec.settings["limit-rps"]`; of an entry that a list does not have, the list. */
export function fieldAt(root: Field, path: string): Field {
  return path.split(/[.[]/).reduce((field, step) => {
    const index = /^(\d+)\]$/.exec(step)?.[1];
    if (index !== undefined) return entryOf(field, Number(index));
    const key = /^"(.*)"\]$/.exec(step)?.[1];
    return key === undefined ? child(field, step) : entry(field, key);
  }, root);
}

/** One entry alone: `readList` makes fields of all of them, and there may be thousands. */
function entryOf(field: Field, index: number): Field {
  const { value: list, path, place } = field;
  if (!Array.isArray(list) || index >= list.length) return field;
  const value: unknown = list[index];
  return { ...field, path: `${path}[${index}]`, value, place: place && { ...place, keys: [...place.keys, index] } };
}
