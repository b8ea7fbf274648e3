import { corsEdit } from "./cors.ts";
import type { FilterRequest } from "./filter-request.ts";
import type { ResponseEdit } from "./response-edit.ts";
import type { RuleFilters } from "./rule-filters.ts";

/** What the filters of a rule do to the head of every answer to a request, also of those of Hawser; undefined: nothing. */
export function editResponse(
  { cors, rewrites }: RuleFilters,
  request: Pick<FilterRequest, "method" | "valuesOf">,
): ResponseEdit | undefined {
  if (cors === undefined) return rewrites && { removes: NONE, lines: "", rewrites };
  return { ...corsEdit(cors, request), rewrites };
}

const NONE: ReadonlySet<string> = new Set();
