import { complain, type Field } from "#src/model/field.ts";

/** Adds a Problem for each value that says the same as one before it; `text` never reaches a message. */
export function complainOfTwins(
  entries: readonly { readonly field: Field; readonly text: string }[],
  thing: string,
): void {
  const seen = new Map<string, string>();
  for (const { field, text } of entries) {
    const first = seen.get(text);
    if (first === undefined) seen.set(text, field.path);
    else
      complain(field, "FIELD_DUPLICATE", {
        what: `Cannot use this ${thing}`,
        why: `${first} says exactly the same`,
        fix: "Remove one of the two",
      });
  }
}
