import { type Field, readText, spellingOf } from "#src/model/field.ts";

/** A text; a number or a boolean is one too, as it is written (`1.10`, `64500:1`, `yes`). Undefined where unset, or with a Problem. */
export function readScalarText(field: Field): string | undefined {
  const { value } = field;
  return typeof value === "number" || typeof value === "boolean" ? spellingOf(field) : readText(field);
}
