import { child, descend, entry, type Field } from "./field.ts";

/** The annotations of an object that hold a text other than blanks, of several names, in their order. */
export function annotationsOf(root: Field, names: readonly string[]): readonly Field[] {
  const annotations = descend(root, "metadata", "annotations");
  return names
    .filter((name) => {
      const { value } = child(annotations, name);
      return typeof value === "string" && value.trim() !== "";
    })
    .map((name) => entry(annotations, name));
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
