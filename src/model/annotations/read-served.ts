import { firstAnnotation } from "#src/model/annotation.ts";
import type { Field } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";

/** What an Ingress says in an annotation that Hawser serves: under several names the first wins. */
export function readServed<T>(root: Field, annotation: ServedAnnotation<T>): T {
  const field = servedField(root, annotation);
  return field === undefined ? annotation.served.default : annotation.served.parse(field);
}

/** The annotation that counts; undefined where none is written. */
export function servedField(root: Field, { names, served }: ServedAnnotation<unknown>): Field | undefined {
  return firstAnnotation(
    root,
    served.prefixes.flatMap((prefix) => names.map((name) => prefix + name)),
  );
}
