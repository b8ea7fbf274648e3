import { child, type Field, readList } from "#src/model/field.ts";

/** The field of a path such as `spec.rules[0].http.paths[1]`. */
export function fieldAt(root: Field, path: string): Field {
  return path.split(/[.[]/).reduce((field, step) => {
    const index = /^(\d+)\]$/.exec(step)?.[1];
    return index === undefined ? child(field, step) : (readList(field)[Number(index)] ?? field);
  }, root);
}
