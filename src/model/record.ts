// Readers of values that others wrote as YAML or JSON, whatever they hold. They find no fault: what is of another type
// counts as missing. An object that its writer is to hear about is read by the functions of field.ts.

/** A map with text keys, as YAML and JSON have them, and values of unknown types. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is such a map. */
export function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The map; an empty one where it is something else. */
export function recordOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

/** The text; the empty one where it is something else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The entries of the list; none where it is something else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts of a list, without its other entries. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === "string");
}

/** The maps of a list, without its other entries. */
export function recordsOf(value: unknown): readonly Fields[] {
  return listOf(value).filter(isRecord);
}
