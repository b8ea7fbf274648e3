import { corsEdit } from "./cors.ts";
import type { FilterRequest } from "./filter-request.ts";
import { mergeEdits } from "./merge-edits.ts";
import type { SetHeaders } from "./parse-set-headers.ts";
import type { ResponseEdit } from "./response-edit.ts";
import type { RuleFilters } from "./rule-filters.ts";

/**
 * What the filters of a rule do to the head of every answer to a request, also of those of Hawser; undefined: nothing. `headers`: those
 * that ConfigMaps name. A field that one of them sets is that one's, and not that of CORS; one that a snippet sets is the snippet's.
 */
export function editResponse(
  { cors, rewrites, setHeaders, responseEdit }: RuleFilters,
  request: Pick<FilterRequest, "method" | "valuesOf">,
  headers: ReadonlyMap<string, SetHeaders>,
): ResponseEdit | undefined {
  const set = setHeaders === undefined ? undefined : headers.get(setHeaders);
  const edits = [
    cors && { ...corsEdit(cors, request), rewrites },
    set && { removes: set.names, lines: set.lines, rewrites },
    responseEdit && { ...responseEdit, rewrites },
  ].filter((edit) => edit !== undefined);
  const [first, ...others] = edits;
  if (first === undefined) return rewrites && { removes: NONE, lines: "", rewrites };
  return others.reduce<ResponseEdit>(mergeEdits, first);
}

const NONE: ReadonlySet<string> = new Set();
