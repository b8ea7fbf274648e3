import { child, descend, entry, type Field } from "./field.ts";

/** Reads the annotations of an object by name: the first of several names that holds a text other than blanks. */
export function firstAnnotation(root: Field, names: readonly string[]): Field | undefined {
  const annotations = descend(root, "metadata", "annotations");
  const name = names.find((candidate) => {
    const { value } = child(annotations, candidate);
    return typeof value === "string" && value.trim() !== "";
  });
  return name === undefined ? undefined : entry(annotations, name);
}

/** The text of an annotation without blanks around it; undefined where none of the names has one. */
export function annotationText(root: Field, names: readonly string[]): string | undefined {
  const field = firstAnnotation(root, names);
  return field === undefined ? undefined : String(field.value).trim();
}
