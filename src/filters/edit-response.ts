import { corsEdit } from "./cors.ts";
import type { FilterRequest } from "./filter-request.ts";
import type { SetHeaders } from "./parse-set-headers.ts";
import type { ResponseEdit } from "./response-edit.ts";
import type { RuleFilters } from "./rule-filters.ts";

/**
 * What the filters of a rule do to the head of every answer to a request, also of those of Hawser; undefined: nothing. `headers`: those
 * that ConfigMaps name. A field that one of them sets is that one's, and not that of CORS.
 */
export function editResponse(
  { cors, rewrites, setHeaders }: RuleFilters,
  request: Pick<FilterRequest, "method" | "valuesOf">,
  headers: ReadonlyMap<string, SetHeaders>,
): ResponseEdit | undefined {
  const set = setHeaders === undefined ? undefined : headers.get(setHeaders);
  if (cors === undefined && set === undefined) return rewrites && { removes: NONE, lines: "", rewrites };
  const { removes, lines } = cors === undefined ? NOTHING : corsEdit(cors, request);
  if (set === undefined) return { removes, lines, rewrites };
  return { removes: removes.union(set.names), lines: withoutNames(lines, set.names) + set.lines, rewrites };
}

const NONE: ReadonlySet<string> = new Set();
const NOTHING = { removes: NONE, lines: "" };

function withoutNames(lines: string, names: ReadonlySet<string>): string {
  const kept = lines.split(/(?<=\r\n)/).filter((line) => !names.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  return kept.join("");
}
