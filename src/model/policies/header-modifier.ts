import { child, complain, complainMissing, type Field, isUnset, quote, readMap, readText } from "#src/model/field.ts";
import type { SnippetField, SnippetResponseField } from "#src/model/snippets/snippet.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { isOwnHeader, whyUnwritableHeader } from "#src/model/unwritable-header.ts";
import { readBoundedList } from "./read-bounded-list.ts";

/** What becomes of the header fields of requests on their way to an endpoint. */
export interface RequestHeaderModifier {
  /** Take the place of those of the client; an empty value only takes them away. */
  readonly set: readonly SnippetField[];
  /** Are added to those of the client. */
  readonly added: readonly SnippetField[];
}

/** As in the Gateway API. */
const MAX_FIELDS = 16;
/** A value in which no field and no message can end. */
const VALUE = /^[\x20-\x7e\t]{1,2048}$/;

interface Change extends SnippetField {
  readonly act: "set" | "add" | "remove";
}

/** Reads `requestHeaderModifier`. */
export function readRequestHeaderModifier(field: Field): RequestHeaderModifier | undefined {
  const changes = readChanges(field, (name) =>
    isOwnHeader(name) ? "Hawser tells endpoints something of the request by it" : undefined,
  );
  return (
    changes && {
      set: changes.filter(({ act }) => act !== "add").map(({ name, value }) => ({ name, value })),
      added: changes.filter(({ act }) => act === "add").map(({ name, value }) => ({ name, value })),
    }
  );
}

/** Reads `responseHeaderModifier`, which holds for all answers, also those of Hawser. */
export function readResponseHeaderModifier(field: Field): readonly SnippetResponseField[] | undefined {
  return readChanges(field, () => undefined)?.map(({ act, name, value }) => ({
    act: act === "remove" ? "clear" : act,
    name,
    value,
    onErrors: true,
  }));
}

/** Undefined, with a Problem, where any of it cannot be used. */
function readChanges(field: Field, whyRefused: (name: string) => string | undefined): readonly Change[] | undefined {
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, ["set", "add", "remove"]);
  const before = field.problems.length;
  const changesOf = (act: Change["act"], read: (one: Field) => Change | undefined) =>
    readBoundedList(child(field, act), MAX_FIELDS, read) ?? [];
  const changes = [
    ...changesOf("set", (one) => readValue(one, "set", whyRefused)),
    ...changesOf("add", (one) => readValue(one, "add", whyRefused)),
    ...changesOf("remove", (one) => readRemoved(one, whyRefused)),
  ];
  complainOfTwice(field, changes);
  if (field.problems.length > before) return undefined;
  if (changes.length > 0) return changes;
  return complain(field, "FIELD_INVALID", {
    what: "Cannot use this field",
    why: "it has none of set, add and remove",
    fix: "Write one of them, or remove the field",
  });
}

function readValue(
  field: Field,
  act: "set" | "add",
  whyRefused: (name: string) => string | undefined,
): Change | undefined {
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, ["name", "value"]);
  const name = readName(child(field, "name"), whyRefused);
  const valueField = child(field, "value");
  if (isUnset(valueField)) return complainMissing(valueField, "Write the value of the header field");
  const value = readText(valueField)?.trim();
  if (name === undefined || value === undefined) return undefined;
  if (VALUE.test(value)) return { act, name, value };
  return complain(valueField, "FIELD_INVALID", {
    what: `Cannot use the value ${quote(value)}`,
    why: "it is empty, too long, or has characters other than visible ASCII and blanks",
    fix: "Write another value, or the name under remove",
  });
}

function readRemoved(field: Field, whyRefused: (name: string) => string | undefined): Change | undefined {
  const name = readName(field, whyRefused);
  return name === undefined ? undefined : { act: "remove", name, value: "" };
}

function readName(field: Field, whyRefused: (name: string) => string | undefined): string | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the name of the header field");
  const name = readText(field);
  const why = name === undefined ? undefined : (whyUnwritableHeader(name) ?? whyRefused(name));
  if (name === undefined || why === undefined) return name;
  return complain(field, "FIELD_INVALID", {
    what: `Cannot change the header field ${quote(name)}`,
    why,
    fix: "Remove it",
  });
}

function complainOfTwice(field: Field, changes: readonly Change[]): void {
  const seen = new Set<string>();
  for (const { name } of changes) {
    const lower = name.toLowerCase();
    if (seen.has(lower))
      complain(field, "FIELD_INVALID", {
        what: `Cannot change the header field ${quote(name)}`,
        why: "it is named twice",
        fix: "Name each header field once, in set, add or remove",
      });
    seen.add(lower);
  }
}
