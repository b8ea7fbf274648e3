import { child, complain, type Field, quote } from "./field.ts";
import { nearest } from "./nearest.ts";
import { isRecord } from "./record.ts";

/**
 * Complains of each key of a map that is not known: strict reading, so that a slip is not read as a default.
 * `renamed` gives today's name of keys that had another one.
 */
export function rejectUnknownKeys(
  field: Field,
  known: readonly string[],
  renamed: ReadonlyMap<string, string> = new Map(),
): void {
  if (!isRecord(field.value)) return;
  for (const key of Object.keys(field.value)) {
    if (known.includes(key)) continue;
    const meant = renamed.get(key) ?? known.find((one) => plain(one) === plain(key)) ?? nearest(plain(key), known);
    complain(child(field, key), "CONFIG_UNKNOWN_KEY", {
      what: `Cannot use the key ${quote(key)}`,
      why: `the keys here are ${known.join(", ")}`,
      fix: meant === undefined ? "Remove it, or write one of these" : `Did you mean ${meant}?`,
    });
  }
}

/** `autoAssign`, `auto_assign` and `auto-assign` are one word; so are `address-pool` and `address-pools`. */
function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9]|s$/g, "");
}
