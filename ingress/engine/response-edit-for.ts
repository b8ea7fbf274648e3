import { editResponse } from "#src/filters/edit-response.ts";
import { mergeEdits } from "#src/filters/merge-edits.ts";
import type { ResponseEdit } from "#src/filters/response-edit.ts";
import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { EngineContext } from "./context.ts";
import { fieldValues } from "./field-values.ts";
import type { RequestClient } from "./filtered-request.ts";
import type { RequestHead } from "./request-head.ts";

/** What is done to the head of the answer to a request, by the rule that it matched and by options; undefined: nothing. */
export function responseEditFor(
  rule: Rule | undefined,
  { bytes, head }: { readonly bytes: Buffer; readonly head: RequestHead },
  { setHeaders, answerFields }: Pick<EngineContext, "setHeaders" | "answerFields">,
  { isSecure }: Pick<RequestClient, "isSecure">,
): ResponseEdit | undefined {
  const ofAll = isSecure && rule?.hasTls === true ? answerFields.ofSecure : answerFields.ofPlain;
  const { cors, rewrites, setHeaders: named, responseEdit } = rule?.filters ?? NO_FILTERS;
  if (rule === undefined || (cors ?? rewrites ?? named ?? responseEdit) === undefined) return ofAll;
  const request = {
    get method() {
      return bytes.toString("latin1", head.start, head.methodEnd);
    },
    valuesOf: (name: string) => fieldValues(bytes, head, name),
  };
  const ofRule = editResponse(rule.filters, request, setHeaders);
  return ofAll === undefined || ofRule === undefined ? (ofRule ?? ofAll) : mergeEdits(ofAll, ofRule);
}
