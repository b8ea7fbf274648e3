import { descend, entry, type Field } from "./field.ts";
import { isRecord, recordOf } from "./record.ts";

/** The annotations of an object that hold a text other than blanks, of several names, in their order. */
export function annotationsOf(root: Field, names: readonly string[]): readonly Field[] {
  const values = recordOf(recordOf(root.value)["metadata"])["annotations"];
  const found = isRecord(values) ? names.filter((name) => Object.hasOwn(values, name) && isFilled(values[name])) : [];
  // Places of fields are made for those that there are: most objects have none of the names.
  if (found.length === 0) return [];
  const annotations = descend(root, "metadata", "annotations");
  return found.map((name) => entry(annotations, name));
}

function isFilled(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

/** The first of several annotations that holds a text other than blanks. */
export function firstAnnotation(root: Field, names: readonly string[]): Field | undefined {
  return annotationsOf(root, names)[0];
}

/** The text of an annotation without blanks around it; undefined where none of the names has one. */
export function annotationText(root: Field, names: readonly string[]): string | undefined {
  const field = firstAnnotation(root, names);
  return field === undefined ? undefined : String(field.value).trim();
}
