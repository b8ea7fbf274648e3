import { complain, type Field, quote, readList, readText } from "#src/model/field.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import { readLabelSelector } from "#src/model/read-label-selectors.ts";

/**
 * The texts of a list, each of which may be there once. What cannot be read is left out with a Problem. `check` adds a Problem
 * about a text that is not allowed.
 */
export function readUniqueTexts(list: Field, check?: (entry: Field, text: string) => void): readonly string[] {
  const read = (entry: Field): string | undefined => {
    const text = readText(entry);
    if (text !== undefined) check?.(entry, text);
    return text;
  };
  return readUnique(list, read, (text) => text);
}

/** The label selectors of a list, each of which may be there once. */
export function readUniqueSelectors(list: Field): readonly LabelSelector[] {
  return readUnique(list, readKubeSelector, textOf);
}

/** Reads a selector as the Kubernetes API has it; the empty one selects everything. */
export function readKubeSelector(field: Field): LabelSelector | undefined {
  return readLabelSelector(field, { spelling: "matchLabels", mayBeEmpty: true });
}

/** One text for all orders in which the same selector can be written. */
function textOf(selector: LabelSelector): string {
  return selector
    .map(({ key, operator, values }) => JSON.stringify([key, operator, values.toSorted()]))
    .toSorted()
    .join();
}

function readUnique<T>(
  list: Field,
  read: (entry: Field) => T | undefined,
  identity: (value: T) => string,
): readonly T[] {
  const seen = new Map<string, Field>();
  const values: T[] = [];
  for (const entry of readList(list)) {
    const value = read(entry);
    if (value === undefined) continue;
    const text = identity(value);
    const first = seen.get(text);
    if (first !== undefined) complainOfTwin(entry, first);
    seen.set(text, first ?? entry);
    values.push(value);
  }
  return values;
}

function complainOfTwin(entry: Field, first: Field): void {
  complain(entry, "FIELD_DUPLICATE", {
    what: `Cannot use ${quote(entry.value)} twice`,
    why: `${first.path} says the same`,
    fix: "Remove one of the two",
  });
}
