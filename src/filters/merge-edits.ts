import type { ResponseEdit } from "./response-edit.ts";

/** What two edits do, of which the second one wins where both set a field. */
export function mergeEdits(first: ResponseEdit, second: ResponseEdit): ResponseEdit {
  const kept = first.lines
    .split(/(?<=\r\n)/)
    .filter((line) => !second.removes.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  return {
    removes: first.removes.union(second.removes),
    lines: kept.join("") + second.lines,
    rewrites: second.rewrites ?? first.rewrites,
  };
}
