import { editResponse } from "#src/filters/edit-response.ts";
import type { ResponseEdit } from "#src/filters/response-edit.ts";
import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { EngineContext } from "./context.ts";
import { fieldValues } from "./field-values.ts";
import type { RequestHead } from "./request-head.ts";

/** What the rule that a request matched does to the head of its answer; undefined: nothing. */
export function responseEditFor(
  rule: Rule | undefined,
  { bytes, head }: { readonly bytes: Buffer; readonly head: RequestHead },
  { setHeaders }: Pick<EngineContext, "setHeaders">,
): ResponseEdit | undefined {
  if (rule === undefined || rule.filters === NO_FILTERS) return undefined;
  const request = {
    get method() {
      return bytes.toString("latin1", head.start, head.methodEnd);
    },
    valuesOf: (name: string) => fieldValues(bytes, head, name),
  };
  return editResponse(rule.filters, request, setHeaders);
}
