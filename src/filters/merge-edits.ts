import type { ResponseEdit } from "./response-edit.ts";

/** What two edits do, of which the second one wins where both set a field. */
export function mergeEdits(first: ResponseEdit, second: ResponseEdit): ResponseEdit {
  const linesWithoutError =
    withoutNames(first.linesWithoutError ?? "", second.removes) + (second.linesWithoutError ?? "");
  return {
    removes: first.removes.union(second.removes),
    lines: withoutNames(first.lines, second.removes) + second.lines,
    rewrites: second.rewrites ?? first.rewrites,
    ...(linesWithoutError !== "" && { linesWithoutError }),
  };
}

function withoutNames(lines: string, names: ReadonlySet<string>): string {
  const kept = lines.split(/(?<=\r\n)/).filter((line) => !names.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  return kept.join("");
}
