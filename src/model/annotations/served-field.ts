import { firstAnnotation } from "#src/model/annotation.ts";
import type { Field } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";

/** The annotation that counts: under several names the first wins; undefined where none is written, or only blanks. */
export function servedField(root: Field, { names, served }: ServedAnnotation<unknown>): Field | undefined {
  return firstAnnotation(
    root,
    served.prefixes.flatMap((prefix) => names.map((name) => prefix + name)),
  );
}
