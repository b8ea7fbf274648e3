import { listed } from "#src/model/listed.ts";

/** Names in one sentence. */
const NAMES_SHOWN = 8;

/** `1 Service`, `3 Services`; `many` is the word for several, where that is not the one with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Names for a sentence, and how many more there are. */
export function named(names: readonly string[]): string {
  return listed(names, NAMES_SHOWN, " and ");
}
