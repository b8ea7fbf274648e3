import { listed } from "#src/model/listed.ts";

/** Names in one sentence. */
const NAMES_SHOWN = 8;

/** Names for a sentence, and how many more there are. */
export function named(names: readonly string[]): string {
  return listed(names, NAMES_SHOWN, " and ");
}
