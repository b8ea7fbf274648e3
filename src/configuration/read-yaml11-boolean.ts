import { complain, type Field, isUnset, quote } from "#src/model/field.ts";

/** True and false in all spellings of YAML 1.1, which existing files are written in. */
export function readYaml11Boolean(field: Field): boolean | undefined {
  const { value } = field;
  if (isUnset(field) || typeof value === "boolean") return value as boolean | undefined;
  if (typeof value === "string" && /^(?:y|yes|on)$/i.test(value)) return true;
  if (typeof value === "string" && /^(?:n|no|off)$/i.test(value)) return false;
  return complain(field, "FIELD_WRONG_TYPE", {
    what: `Cannot read ${quote(value)}`,
    why: "it is neither true nor false",
    fix: "Write true or false",
  });
}
