import { child, complain, type Field, quote } from "./field.ts";
import { nearest } from "./nearest.ts";
import { isRecord } from "./record.ts";

/** Names that keys had before, by which they are today's. */
type Renamed = ReadonlyMap<string, string>;

/**
 * Complains of each key of a map that is not known: strict reading, so that a slip is not read as a default.
 * `renamed` gives today's name of keys that had another one.
 */
export function rejectUnknownKeys(field: Field, known: readonly string[], renamed: Renamed = new Map()): void {
  for (const { key, fix } of unknownKeys(field, known, renamed))
    complain(child(field, key), "CONFIG_UNKNOWN_KEY", {
      what: `Cannot use the key ${quote(key)}`,
      why: `the keys here are ${known.join(", ")}`,
      fix,
    });
}

/** Warns of each key of a custom resource that is not known: an API server drops it, so it has no effect. */
export function warnOfUnknownKeys(field: Field, known: readonly string[]): void {
  for (const { key, fix } of unknownKeys(field, known))
    complain(child(field, key), "RESOURCE_UNKNOWN_KEY", {
      what: `Ignored the key ${quote(key)}`,
      why: `the keys here are ${known.join(", ")}, and an API server drops others`,
      fix,
      severity: "warning",
    });
}

function unknownKeys(
  field: Field,
  known: readonly string[],
  renamed: Renamed = new Map(),
): readonly { readonly key: string; readonly fix: string }[] {
  if (!isRecord(field.value)) return [];
  const unknown = Object.keys(field.value).filter((key) => !known.includes(key));
  return unknown.map((key) => {
    const meant = renamed.get(key) ?? known.find((one) => plain(one) === plain(key)) ?? nearest(plain(key), known);
    return { key, fix: meant === undefined ? "Remove it, or write one of these" : `Did you mean ${meant}?` };
  });
}

/** `autoAssign`, `auto_assign` and `auto-assign` are one word; so are `address-pool` and `address-pools`. */
function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9]|s$/g, "");
}
